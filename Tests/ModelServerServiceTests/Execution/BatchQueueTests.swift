import ModelServerService
import Testing

private typealias Queue = BatchQueue<String, Int>

/// A queue with its calls as a macro takes them.
private final class QueueDriver {
    private var queue: Queue

    init(threads: Int) { queue = Queue(threads: threads) }

    func add(_ item: Int, to lane: String = "a", bounds: Queue.Bounds) -> Queue.Batch? {
        queue.add(item, to: lane, bytes: 10, bounds: bounds)
    }

    func finished(_ batch: Queue.Batch, nanoseconds: Int, ran: Int) -> Queue.Batch? {
        queue.finished(batch, nanoseconds: nanoseconds, ran: ran)
    }

    var waiting: Int { queue.waiting }
    func pace(of lane: String) -> BatchPace? { queue.pace(of: lane) }
}

@Suite struct `Batch queue` {
    private static let wide = Queue.Bounds(requests: 8, nanoseconds: 1_000_000)

    /// A queue whose lanes have shown what they cost: 1,000 ns a byte alone, and so much together.
    private static func practised(together: Int = 100, lanes: [String] = ["a"]) -> QueueDriver {
        let queue = QueueDriver(threads: 1)
        for lane in lanes {
            let first = queue.add(0, to: lane, bounds: wide)
            for item in 1...2 { #expect(queue.add(item, to: lane, bounds: wide) == nil) }
            guard let first, let second = queue.finished(first, nanoseconds: 10_000, ran: 1) else {
                Issue.record("no batch")
                continue
            }
            #expect(second.items == [1, 2])
            #expect(queue.finished(second, nanoseconds: 20 * together, ran: 2) == nil)
        }
        return queue
    }

    @Test func `runs a request at once, by itself, where a thread is free`() {
        let queue = QueueDriver(threads: 2)
        #expect(queue.add(1, bounds: Self.wide)?.items == [1])
        #expect(queue.add(2, bounds: Self.wide)?.items == [2])
        #expect(queue.add(3, bounds: Self.wide) == nil)
        #expect(queue.waiting == 1)
    }

    @Test func `puts together what waited, in order, up to the bound`() throws {
        let queue = Self.practised()
        let first = try #require(queue.add(0, bounds: Self.wide))
        for item in 1...11 { #expect(queue.add(item, bounds: Self.wide) == nil) }
        let second = try #require(queue.finished(first, nanoseconds: 10_000, ran: 1))
        #expect(second.items == Array(1...8))
        #expect(second.bytes == 80)
        let third = try #require(queue.finished(second, nanoseconds: 8_000, ran: 8))
        #expect(third.items == [9, 10, 11])
        #expect(queue.finished(third, nanoseconds: 3_000, ran: 3) == nil)
        #expect(queue.waiting == 0)
    }

    @Test func `makes a batch no longer than it is expected to keep within the latency`() throws {
        let queue = Self.practised()  // 100 ns a byte in batches
        let bounds = Queue.Bounds(requests: 8, nanoseconds: 3_500)
        let first = try #require(queue.add(0, bounds: bounds))
        for item in 1...8 { _ = queue.add(item, bounds: bounds) }
        #expect(queue.finished(first, nanoseconds: 10_000, ran: 1)?.items == [1, 2, 3])
    }

    @Test func `makes no batches where they do not pay, but for one chance in 64`() throws {
        let queue = Self.practised(together: 950)  // 95 % of what they cost alone
        var running = try #require(queue.add(0, bounds: Self.wide))
        for item in 1...200 { _ = queue.add(item, bounds: Self.wide) }
        var sizes: [Int] = []
        while let next = queue.finished(running, nanoseconds: 1_000 * running.bytes, ran: running.items.count) {
            sizes.append(next.items.count)
            running = next
        }
        #expect(sizes.prefix(63).allSatisfy { $0 == 1 })
        #expect(sizes[63] == 8)
    }

    @Test func `never mixes lanes, and gives each its turn by the time that it has had`() throws {
        let queue = Self.practised(lanes: ["a", "b"])
        var running = try #require(queue.add(0, bounds: .none))
        for item in 1...20 { _ = queue.add(item, bounds: .none) }
        for item in 101...105 { _ = queue.add(item, to: "b", bounds: .none) }
        var order: [String] = []
        // A request of a takes three times as long as one of b: b is served three times as often while both wait.
        while let next = queue.finished(running, nanoseconds: running.lane == "a" ? 30_000 : 10_000, ran: 1) {
            #expect(next.items.count == 1)
            #expect((next.items[0] > 100) == (next.lane == "b"))
            order.append(next.lane)
            running = next
        }
        #expect(order.count == 25)
        let lastOfB = try #require(order.lastIndex(of: "b"))
        #expect(lastOfB <= 8, "\(order)")
    }

    @Test func `does not let a lane that was idle catch up on what it missed`() throws {
        let queue = Self.practised(lanes: ["a", "b"])
        var running = try #require(queue.add(0, bounds: .none))
        for item in 1...60 { _ = queue.add(item, bounds: .none) }
        for _ in 0..<40 { running = try #require(queue.finished(running, nanoseconds: 10_000, ran: 1)) }
        for item in 101...120 { _ = queue.add(item, to: "b", bounds: .none) }
        var order: [String] = []
        for _ in 0..<10 {
            running = try #require(queue.finished(running, nanoseconds: 10_000, ran: 1))
            order.append(running.lane)
        }
        #expect((4...6).contains(order.count { $0 == "b" }), "\(order)")
    }

    @Test func `learns nothing from a batch of which a part was not run`() throws {
        let queue = Self.practised()
        let before = queue.pace(of: "a")
        let first = try #require(queue.add(0, bounds: Self.wide))
        for item in 1...4 { _ = queue.add(item, bounds: Self.wide) }
        let second = try #require(queue.finished(first, nanoseconds: 10_000, ran: 1))
        #expect(queue.finished(second, nanoseconds: 1, ran: 1) == nil)
        #expect(queue.pace(of: "a") == before)
    }
}
