import CloudEvents
import Monitoring
import Testing

@Suite struct `Ledger of excluded rows` {
    static func second(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }

    static func exclude(
        _ rows: Int,
        _ reason: ExclusionReason,
        _ id: Int,
        at seconds: Double,
        in ledger: inout ExclusionLedger
    ) {
        ledger.exclude(
            rows: rows,
            reason: reason,
            requestID: "r\(id)",
            eventID: "e\(id)",
            position: UInt64(id),
            at: second(seconds)
        )
    }

    @Test func `hands a minute over once, when it is over`() {
        var ledger = ExclusionLedger()
        Self.exclude(2, .wrongShape, 1, at: 119, in: &ledger)
        Self.exclude(3, .wrongShape, 2, at: 119.9, in: &ledger)
        #expect(ledger.close(at: Self.second(119.99)).isEmpty)
        let entries = ledger.close(at: Self.second(120))
        #expect(entries.count == 1)
        #expect(entries.first?.rows == 5)
        #expect(entries.first?.events == 2)
        #expect(entries.first?.requestIDs == ["r1", "r2"])
        #expect(entries.first?.minute == Self.second(60))
        #expect(entries.first?.positions == 1...2)
        #expect(ledger.close(at: Self.second(500)).isEmpty)
    }

    @Test func `keeps reasons and minutes apart`() {
        var ledger = ExclusionLedger()
        Self.exclude(1, .wrongShape, 1, at: 0, in: &ledger)
        Self.exclude(1, .undecodable, 2, at: 1, in: &ledger)
        Self.exclude(1, .wrongShape, 3, at: 61, in: &ledger)
        let entries = ledger.close(at: Self.second(200))
        #expect(entries.map(\.reason) == [.wrongShape, .undecodable, .wrongShape])
        #expect(entries.map(\.minute) == [Self.second(0), Self.second(0), Self.second(60)])
    }

    @Test func `names twenty requests at most, each once, and counts all`() {
        var ledger = ExclusionLedger()
        for index in 0..<50 {
            Self.exclude(1, .wrongShape, index / 2, at: Double(index) / 10, in: &ledger)
        }
        let entry = ledger.close(at: Self.second(60)).first
        #expect(entry?.rows == 50)
        #expect(entry?.requestIDs == (0..<20).map { "r\($0)" })
    }

    @Test func `is the same after it was written and read`() throws {
        var ledger = ExclusionLedger()
        Self.exclude(2, .wrongShape, 1, at: 10, in: &ledger)
        Self.exclude(1, .missingValue, 7, at: 70, in: &ledger)
        var writer = StateWriter()
        ledger.write(to: &writer)
        var reader = StateReader(writer.bytes)
        #expect(try ExclusionLedger(from: &reader) == ledger)
    }

    @Test func `is refused when its bytes are cut anywhere`() throws {
        var ledger = ExclusionLedger()
        Self.exclude(2, .wrongShape, 1, at: 10, in: &ledger)
        var writer = StateWriter()
        ledger.write(to: &writer)
        for length in 0..<writer.bytes.count {
            #expect(throws: MonitoringError.self) {
                var reader = StateReader(Array(writer.bytes.prefix(length)))
                _ = try ExclusionLedger(from: &reader)
            }
        }
    }
}
