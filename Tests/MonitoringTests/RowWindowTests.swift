import CloudEvents
import Methods
import Monitoring
import Testing

@Suite struct `Row window` {
    static func plan(
        size: Int,
        every: Int? = nil,
        atMost: Duration? = nil,
        minSize: Int = 1,
        lateness: Duration = .seconds(30)
    ) -> WindowConfiguration {
        WindowConfiguration(size: size, every: every ?? size, atMost: atMost, minSize: minSize, lateness: lateness)
    }

    static func second(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }

    /// One event of `count` rows, whose features count on from `first`.
    static func add(
        _ count: Int,
        at seconds: Double,
        from first: Int = 0,
        arrival: Double? = nil,
        to window: inout RowWindow
    ) -> [Look] {
        let rows = (0..<count).map {
            WindowRow(
                requestID: "r\(first)",
                row: $0,
                eventID: "e\(first)",
                time: second(seconds),
                position: UInt64(first)
            )
        }
        let features = (first..<first + count).map(Float.init)
        return window.append(rows, features: features, arrivedAt: second(arrival ?? seconds))
    }

    @Test func `is looked at when it is full, and starts afresh`() {
        var window = RowWindow(plan: Self.plan(size: 3))
        var looks: [[Float]] = []
        for index in 0..<7 { looks += Self.add(1, at: Double(index), from: index, to: &window).map(\.features) }
        #expect(looks == [[0, 1, 2], [3, 4, 5]])
        #expect(window.count == 1)
    }

    @Test func `slides when it is looked at more often than it is filled`() {
        var window = RowWindow(plan: Self.plan(size: 4, every: 2))
        var looks: [Look] = []
        for index in 0..<8 { looks += Self.add(1, at: Double(index), from: index, to: &window) }
        #expect(looks.map(\.features) == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]])
        #expect(looks.map(\.newRows) == [4, 2, 2])
        #expect(looks.map(\.number) == [0, 1, 2])
    }

    @Test func `takes a batch apart where a window ends, in order`() {
        var window = RowWindow(plan: Self.plan(size: 3))
        let looks = Self.add(8, at: 0, to: &window)
        #expect(looks.map(\.features) == [[0, 1, 2], [3, 4, 5]])
        #expect(looks.last?.rows.map(\.row) == [3, 4, 5])
        #expect(window.count == 2)
    }

    @Test func `is closed by a tick when its first row waited long enough`() {
        var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60), minSize: 2))
        _ = Self.add(3, at: 0, to: &window)
        #expect(window.advance(to: Self.second(59.9)) == nil)
        let look = window.advance(to: Self.second(60))
        #expect(look?.features == [0, 1, 2])
        #expect(look?.hasEnoughRows == true)
        #expect(window.advance(to: Self.second(300)) == nil, "nothing waits any more")
    }

    @Test func `has too few rows when the time is up and fewer than min_size came`() {
        var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60), minSize: 5))
        _ = Self.add(3, at: 0, to: &window)
        #expect(window.advance(to: Self.second(61))?.hasEnoughRows == false)
    }

    @Test func `is closed by event time before the event that comes after its end`() {
        var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60)))
        _ = Self.add(2, at: 0, to: &window)
        let looks = Self.add(1, at: 90, from: 2, to: &window)
        #expect(looks.map(\.features) == [[0, 1]])
        #expect(window.count == 1)
    }

    @Test func `is not closed by the clock while an old log is replayed faster than it was written`() {
        var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60)))
        // A row a second of event time, a thousand a second of arrival, an hour later: a tick changes nothing.
        for index in 0..<30 {
            #expect(
                Self.add(1, at: Double(index), from: index, arrival: 3600 + Double(index) / 1000, to: &window).isEmpty
            )
        }
        #expect(window.advance(to: Self.second(3600.03)) == nil)
    }

    @Test func `leaves out and counts what is later than the lateness`() {
        var window = RowWindow(plan: Self.plan(size: 3, lateness: .seconds(10)))
        _ = Self.add(1, at: 100, from: 0, to: &window)
        _ = Self.add(2, at: 89.9, from: 1, arrival: 101, to: &window)
        #expect(window.lateRows == 2)
        #expect(window.count == 1)
        let looks = Self.add(2, at: 90, from: 3, arrival: 102, to: &window)  // exactly at the edge: not late
        #expect(looks.map(\.features) == [[0, 3, 4]])
    }

    @Test func `is not poisoned by an event from the future`() {
        let arrival = Self.second(100)
        #expect(EventClock.time(of: Self.second(1e9), arrivedAt: arrival) == arrival)
        #expect(EventClock.time(of: Self.second(99), arrivedAt: arrival) == Self.second(99))
        #expect(EventClock.time(of: nil, arrivedAt: arrival) == arrival)
    }

    @Test func `counts excluded rows against the look they belong to`() {
        var window = RowWindow(plan: Self.plan(size: 19))
        window.exclude(1)
        let first = Self.add(19, at: 0, to: &window)
        #expect(first.first?.lostTooMany == false, "1 of 20 is 5 %, not above it")
        window.exclude(2)
        let second = Self.add(19, at: 1, from: 19, to: &window)
        #expect(second.first?.lostTooMany == true)
        let third = Self.add(19, at: 2, from: 38, to: &window)
        #expect(third.first?.excludedRows == 0)
    }

    @Test func `goes on exactly where it stood when it is written and read at any row`() throws {
        let plan = Self.plan(size: 7, every: 3, atMost: .seconds(4), minSize: 2)
        let steps: [(count: Int, at: Double)] = [
            (1, 0), (5, 0.5), (9, 1), (2, 6), (1, 20), (4, 20.5), (3, 19), (8, 21),
        ]
        func run(restartingAfter restart: Int?) throws -> [Look] {
            var window = RowWindow(plan: plan)
            var looks: [Look] = []
            var first = 0
            for (index, step) in steps.enumerated() {
                looks += Self.add(step.count, at: step.at, from: first, to: &window)
                if let look = window.advance(to: Self.second(step.at + 0.1)) { looks.append(look) }
                first += step.count
                if index == restart {
                    var writer = StateWriter()
                    window.write(to: &writer)
                    var reader = StateReader(writer.bytes)
                    window = try RowWindow(plan: plan, from: &reader)
                    #expect(reader.isAtEnd)
                }
            }
            return looks
        }
        let uninterrupted = try run(restartingAfter: nil)
        #expect(uninterrupted.count > 4)
        for restart in steps.indices { #expect(try run(restartingAfter: restart) == uninterrupted) }
    }
}
