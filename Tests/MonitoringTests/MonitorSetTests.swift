import CloudEvents
import Methods
import Monitoring
import Statistics
import Testing

@Suite struct `Set of monitors` {
    /// A journal of everything at once: two models, both halves in disorder, bad rows, ticks, a late row.
    static func journal() throws -> [(event: CloudEvent?, seconds: Double)] {
        var generator = SeededGenerator(seed: 3)
        var records: [(event: CloudEvent?, seconds: Double)] = []
        for index in 0..<120 {
            let seconds = Double(index) * 2
            let model = generator.uniform() < 0.5 ? "digits" : "letters"
            let rows = (0..<1 + generator.index(below: 3)).map { _ in
                [Float(generator.normal()) + (index > 70 ? 3 : 0), Float(generator.normal())]
            }
            let version = generator.uniform() < 0.8 ? "1" : "2"
            let isBad = index % 17 == 5
            let request = try Traffic.event(
                "r\(index)",
                isBad ? [[1, 2, 3]] : rows,
                model: model,
                version: version,
                at: index % 23 == 7 ? seconds - 100 : seconds
            )
            let response = try Traffic.event(
                "r\(index)",
                rows,
                response: true,
                model: model,
                version: version,
                at: seconds + 0.5
            )
            let halves = generator.uniform() < 0.5 ? [request, response] : [response, request]
            for half in halves where generator.uniform() < 0.95 { records.append((half, seconds)) }
            if index % 5 == 0 { records.append((nil, seconds + 1)) }
        }
        records.append((nil, 10_000))
        return records
    }

    static func set() throws -> MonitorSet {
        Traffic.set(
            try Traffic.monitor("inputs", window: "{ size = 8, every = 4, at_most = \"60s\", min_size = 3 }"),
            try Traffic.monitor(
                "exchanges",
                model: "letters",
                selection: "input = \"x\"\noutput = \"y\"",
                window: "{ size = 6 }"
            ),
            try Traffic.monitor(
                "ceiling",
                method: "Ceiling",
                model: "letters",
                window: "{ size = 10, every = 5 }",
                kind: .outlier
            )
        )
    }

    static func run(_ records: [(event: CloudEvent?, seconds: Double)], restartingAfter restart: Int?) throws
        -> [CloudEvent]
    {
        var set = try set()
        var verdicts: [CloudEvent] = []
        for (index, record) in records.enumerated() {
            let arrival = Traffic.second(record.seconds)
            if let event = record.event {
                verdicts += set.observe(event, position: UInt64(index), receivedAt: arrival)
            } else {
                verdicts += set.tick(position: UInt64(index), at: arrival)
            }
            if index == restart {
                let bytes = set.snapshot()
                set = try Self.set()
                try set.restore(bytes)
            }
        }
        return verdicts
    }

    @Test func `gives the same verdicts bit for bit wherever it is stopped and resumed`() throws {
        let records = try Self.journal()
        let uninterrupted = try Self.run(records, restartingAfter: nil)
        let types = Set(uninterrupted.map(\.type))
        #expect(
            types == [EventType.drift, EventType.outlier, EventType.quality],
            "the journal has something of everything"
        )
        for restart in records.indices {
            #expect(try Self.run(records, restartingAfter: restart) == uninterrupted, "resumed after record \(restart)")
        }
    }

    @Test func `keeps the state of a monitor that goes for seven days, and lets a changed one start anew`() throws {
        func afterThreeRows() throws -> MonitorSet {
            var set = Traffic.set(try Traffic.monitor())
            for index in 0..<3 { _ = try set.feed(Traffic.event("r\(index)", [[0, 0]], at: Double(index))) }
            return set
        }
        var set = try afterThreeRows()
        set.remove("shift", at: Traffic.second(3))
        _ = set.tick(position: 0, at: Traffic.second(6 * 86_400))
        set.add(try Traffic.monitor(), at: Traffic.second(6 * 86_400))
        #expect(try set.feed(Traffic.event("r4", [[0, 0]], at: 6 * 86_400)).count == 1)

        set = try afterThreeRows()
        set.remove("shift", at: Traffic.second(3))
        _ = set.tick(position: 0, at: Traffic.second(8 * 86_400))
        set.add(try Traffic.monitor(), at: Traffic.second(8 * 86_400))
        #expect(try set.feed(Traffic.event("r4", [[0, 0]], at: 8 * 86_400)).isEmpty)

        set = try afterThreeRows()
        set.add(try Traffic.monitor(keys: "p_val = 0.01"), at: Traffic.second(3))
        #expect(try set.feed(Traffic.event("r4", [[0, 0]], at: 4)).isEmpty)
    }

    @Test func `begins anew when it is told to`() throws {
        var set = Traffic.set(try Traffic.monitor())
        for index in 0..<3 { _ = try set.feed(Traffic.event("r\(index)", [[0, 0]], at: Double(index))) }
        try set.reset("shift")
        #expect(try set.feed(Traffic.event("r3", [[0, 0]], at: 3)).isEmpty)
        #expect(throws: MonitoringError.self) { try set.reset("nobody") }
    }

    @Test func `refuses a snapshot that is cut or of another format, and stays as it was`() throws {
        var set = Traffic.set(try Traffic.monitor())
        for index in 0..<3 { _ = try set.feed(Traffic.event("r\(index)", [[0, 0]], at: Double(index))) }
        let bytes = set.snapshot()
        for length in 0..<bytes.count {
            #expect(throws: MonitoringError.self) { try set.restore(Array(bytes.prefix(length))) }
        }
        #expect(throws: MonitoringError.self) { try set.restore([9, 0, 0, 0] + bytes.dropFirst(4)) }
        #expect(set.snapshot() == bytes)
        #expect(try set.feed(Traffic.event("r3", [[0, 0]], at: 3)).count == 1)
    }
}
