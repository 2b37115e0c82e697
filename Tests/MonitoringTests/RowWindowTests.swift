import CloudEvents
import Methods
import Monitoring
import Statistics
import Testing

@Suite struct `Row window` {
    static func plan(
        size: Int,
        every: Int? = nil,
        atMost: Duration? = nil,
        minSize: Int = 1,
        lateness: Duration = .seconds(30),
        order: WindowConfiguration.Order? = nil
    ) -> WindowConfiguration {
        WindowConfiguration(
            size: size,
            every: every ?? size,
            atMost: atMost,
            minSize: minSize,
            lateness: lateness,
            order: order
        )
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
                time: second(seconds)
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
        #expect(window.advance(to: Self.second(59.9)).isEmpty)
        let look = window.advance(to: Self.second(60)).first
        #expect(look?.features == [0, 1, 2])
        #expect(look?.hasEnoughRows == true)
        #expect(window.advance(to: Self.second(300)).isEmpty, "nothing waits any more")
    }

    @Test func `has too few rows when the time is up and fewer than min_size came`() {
        var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60), minSize: 5))
        _ = Self.add(3, at: 0, to: &window)
        #expect(window.advance(to: Self.second(61)).first?.hasEnoughRows == false)
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
        #expect(window.advance(to: Self.second(3600.03)).isEmpty)
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

    @Test(arguments: [WindowConfiguration.Order.arrival, .time])
    func `ends in time also where nothing in it can be read`(order: WindowConfiguration.Order) throws {
        var window = RowWindow(plan: Self.plan(size: 3, atMost: .seconds(60), lateness: .seconds(5), order: order))
        var looks: [Look] = []
        for index in 0..<4 {
            let seconds = Double(20 * index)
            looks += window.advance(to: Traffic.second(seconds))
            let event = try Traffic.event("r\(index)", [[1, 2]], at: seconds)
            let traffic = TrafficEvent(event, position: UInt64(index), arrival: Traffic.second(seconds))
            window.exclude(2, of: try #require(traffic).origin)
        }
        for seconds in stride(from: 61.0, to: 80, by: 1) { looks += window.advance(to: Traffic.second(seconds)) }
        let look = try #require(looks.first)
        #expect(looks.count == 1 && look.rows.isEmpty && look.excludedRows >= 6 && !look.hasEnoughRows)
        #expect(look.at == Traffic.second(60))
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
        try goesOn(order: .arrival)
        try goesOn(order: .time)
    }

    private func goesOn(order: WindowConfiguration.Order) throws {
        let plan = Self.plan(
            size: 7,
            every: 3,
            atMost: .seconds(4),
            minSize: 2,
            lateness: order == .time ? .seconds(2) : .seconds(30),
            order: order
        )
        let steps: [(count: Int, at: Double)] = [
            (1, 0), (5, 0.5), (9, 1), (2, 6), (1, 20), (4, 20.5), (3, 19), (8, 21),
        ]
        func run(restartingAfter restart: Int?) throws -> [Look] {
            var window = RowWindow(plan: plan)
            var looks: [Look] = []
            var first = 0
            for (index, step) in steps.enumerated() {
                looks += Self.add(step.count, at: step.at, from: first, to: &window)
                looks += window.advance(to: Self.second(step.at + 0.1))
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
        #expect(uninterrupted.count >= 4)
        for restart in steps.indices { #expect(try run(restartingAfter: restart) == uninterrupted) }
    }

    // MARK: Order

    /// Rows half a second apart in batches of one to three, with a pause that time closes, and their windows when they
    /// come in a given order, each a hundredth of a second after the one before.
    private static func looks(_ plan: WindowConfiguration, permuting seed: UInt64?) -> [Look] {
        var events = (0..<120).map { (index: $0, time: Double($0) * 0.5 + ($0 < 61 ? 0 : 20)) }
        if let seed {
            // Keys within the lateness of the true time: nobody is overtaken by more.
            var generator = SeededGenerator(seed: seed)
            let keys = events.map { $0.time + Double.random(in: 0..<5, using: &generator) }
            events = zip(events, keys).sorted { $0.1 < $1.1 }.map(\.0)
        }
        var window = RowWindow(plan: plan)
        var looks: [Look] = []
        for (place, event) in events.enumerated() {
            looks += add(
                1 + event.index % 3,
                at: event.time,
                from: event.index * 10,
                arrival: 1000 + Double(place) / 100,
                to: &window
            )
        }
        return looks + window.advance(to: second(1100))
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `by time gives the same windows however the events are shuffled within the lateness`(seed: UInt64) {
        let plan = Self.plan(size: 20, every: 10, atMost: .seconds(8), minSize: 3, lateness: .seconds(6), order: .time)
        let sorted = Self.looks(plan, permuting: nil)
        #expect(sorted.count > 20 && sorted.contains { $0.rows.count < 20 })
        #expect(Self.looks(plan, permuting: seed) == sorted)
        var byArrival = plan
        byArrival.order = .arrival
        #expect(Self.looks(byArrival, permuting: nil).map(\.rows) == sorted.map(\.rows), "in order they are the same")
        #expect(Self.looks(byArrival, permuting: seed) != sorted, "the shuffle is one that matters")
    }

    @Test func `by time lets the last rows in when nothing came for the lateness`() {
        var window = RowWindow(plan: Self.plan(size: 3, lateness: .seconds(5), order: .time))
        for index in [2, 0, 1] { #expect(Self.add(1, at: Double(index), from: index, to: &window).isEmpty) }
        #expect(window.count == 3)
        #expect(window.advance(to: Self.second(6.9)).isEmpty)
        #expect(window.advance(to: Self.second(7)).map(\.features) == [[0, 1, 2]])
        #expect(Self.add(1, at: 1.5, from: 3, arrival: 8, to: &window).isEmpty)
        #expect(window.lateRows == 1, "its place has passed")
    }

    @Test func `is dated by the events and not by the tick that closes it`() {
        for tick in [60.0, 61.5, 400] {
            var window = RowWindow(plan: Self.plan(size: 100, atMost: .seconds(60)))
            _ = Self.add(2, at: 0, to: &window)
            #expect(window.advance(to: Self.second(tick)).map(\.at) == [Self.second(60)])
        }
    }

    @Test func `numbers its rows by themselves`() {
        var window = RowWindow(plan: Self.plan(size: 4, every: 2))
        let looks = (0..<8).flatMap { Self.add(1, at: Double($0), from: $0 * 100, to: &window) }
        #expect(looks.map { $0.rows.map(\.position) } == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]])
    }
}
