import CloudEvents
import Monitoring
import Testing

@Suite struct `Join of the halves of an exchange` {
    static func second(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }

    @Test func `pairs the halves in every order in which they may come`() {
        // Three exchanges, six halves: all 720 orders.
        let halves: [(key: String, side: HalfJoin<String>.Side)] = ["a", "b", "c"].flatMap {
            [($0, .request), ($0, .response)]
        }
        for order in Self.permutations(Array(halves.indices)) {
            var join = HalfJoin<String>(within: .seconds(60), capacity: 10)
            var pairs: [String] = []
            for (time, index) in order.enumerated() {
                let half = halves[index]
                let text = "\(half.key)-\(half.side)"
                if let pair = join.add(
                    text,
                    side: half.side,
                    key: half.key,
                    began: Self.second(Double(time)),
                    arrivedAt: Self.second(Double(time))
                ) {
                    pairs.append("\(pair.request) \(pair.response)")
                }
            }
            #expect(pairs.sorted() == ["a-request a-response", "b-request b-response", "c-request c-response"])
            #expect(join.count == 0 && join.unpaired == 0)
        }
    }

    @Test func `counts and forgets a half that waited too long`() {
        var join = HalfJoin<Int>(within: .seconds(60), capacity: 10)
        _ = join.add(1, side: .request, key: "a", began: Self.second(0), arrivedAt: Self.second(0))
        join.expire(at: Self.second(60))
        #expect(join.unpaired == 0)
        #expect(join.add(2, side: .response, key: "a", began: Self.second(60.1), arrivedAt: Self.second(60.1)) == nil)
        #expect(join.unpaired == 1)
        join.expire(at: Self.second(200))
        #expect(join.unpaired == 2 && join.count == 0)
    }

    @Test func `holds no more halves than it may`() {
        var join = HalfJoin<Int>(within: .seconds(60), capacity: 3)
        for index in 0..<10 {
            _ = join.add(
                index,
                side: .request,
                key: "\(index)",
                began: Self.second(Double(index)),
                arrivedAt: Self.second(Double(index))
            )
        }
        #expect(join.count == 3)
        #expect(join.unpaired == 7)
        #expect(
            join.add(0, side: .response, key: "9", began: Self.second(10), arrivedAt: Self.second(10))?.request == 9
        )
    }

    @Test func `joins the calls of a reused request id by when they began`() {
        var join = HalfJoin<String>(within: .seconds(60), capacity: 10)
        func add(_ half: String, _ side: HalfJoin<String>.Side, began: Double, at time: Double) -> HalfJoin<String>
            .Pair?
        {
            join.add(half, side: side, key: "a", began: Self.second(began), arrivedAt: Self.second(time))
        }
        #expect(add("slow request", .request, began: 0, at: 0) == nil)
        #expect(add("quick request", .request, began: 5, at: 5) == nil)
        #expect(add("slow answer", .response, began: 0.1, at: 6)?.request == "slow request")
        #expect(add("quick answer", .response, began: 5, at: 7)?.request == "quick request")
        #expect(join.count == 0 && join.unpaired == 0)

        // The first call was given up; its request waits in vain and takes nobody's answer.
        #expect(add("given up", .request, began: 10, at: 10) == nil)
        #expect(add("again", .request, began: 12, at: 12) == nil)
        #expect(add("answer", .response, began: 12, at: 13)?.request == "again")
        #expect(add("late answer", .response, began: 20, at: 21)?.request == "given up", "nobody else is left")

        join.withdraw("a", other: .response, began: Self.second(30))
        #expect(add("one", .request, began: 30, at: 30) == nil)
        #expect(add("two", .request, began: 33, at: 33) == nil)
        join.withdraw("a", other: .response, began: Self.second(33))
        #expect(join.count == 1)
        #expect(add("answer", .response, began: 33, at: 34)?.request == "one")
        join.expire(at: Self.second(100))
        #expect(join.unpaired == 0)
    }

    @Test func `goes on where it stood after it was written and read`() throws {
        var join = HalfJoin<String>(within: .seconds(60), capacity: 10)
        _ = join.add("x", side: .response, key: "a", began: Self.second(0), arrivedAt: Self.second(0))
        _ = join.add("y", side: .request, key: "b", began: Self.second(30), arrivedAt: Self.second(30))
        var writer = StateWriter()
        join.write(to: &writer) { $0.write($1) }
        var reader = StateReader(writer.bytes)
        var restored = try HalfJoin<String>(within: .seconds(60), capacity: 10, from: &reader) {
            reader throws(MonitoringError) in try reader.readString()
        }
        restored.expire(at: Self.second(61))
        #expect(restored.count == 1 && restored.unpaired == 1)
        #expect(
            restored.add("z", side: .response, key: "b", began: Self.second(62), arrivedAt: Self.second(62))?.request
                == "y"
        )
    }

    static func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let item = rest.remove(at: index)
            return permutations(rest).map { [item] + $0 }
        }
    }
}
