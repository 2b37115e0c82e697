/// Which requests wait for a thread, and which of them run together.
///
/// A value without clock or I/O. Nothing is ever held back for company: a request that finds a thread free runs at once,
/// by itself. Only what waits anyway, because all threads are at work, is put together, and only
///
/// - requests of one lane, that is of one version of one model;
/// - as many as the lane may have in a batch, and as are expected to take no longer than its latency allows;
/// - where batches have been measured to pay: to cost less for each byte than requests that run alone.
///
/// Lanes get the threads in turn by the time that they have had (start-time fair queueing), so that a model with many or
/// long requests holds up the others no more than by the batch that is running.
///
/// Source of the order: P. Goyal, H. M. Vin, H. Cheng (1996), "Start-time fair queueing", SIGCOMM.
package struct BatchQueue<Lane: Hashable & Sendable, Item: Sendable>: Sendable {
    /// How large batches of a lane may be.
    package struct Bounds: Sendable, Hashable {
        /// The most requests of a batch; 1 for no batches.
        package var requests: Int
        /// How long a batch may be expected to take, in nanoseconds.
        package var nanoseconds: Int

        package init(requests: Int, nanoseconds: Int) {
            self.requests = requests
            self.nanoseconds = nanoseconds
        }
    }

    /// Requests for one thread, in the order in which they came.
    package struct Batch: Sendable {
        package var lane: Lane
        package var items: [Item]
        /// The bytes of all of them.
        package var bytes: Int
    }

    private struct Waiting {
        var item: Item
        var bytes: Int
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bounds: Bounds
        var pace = BatchPace()
        /// The thread time that the lane has had, in nanoseconds, set forward to the others' where it was idle.
        var time = 0
        /// Batches under way.
        var running = 0

        mutating func take(_ request: Waiting, _ bounds: Bounds, now: Int) {
            if waiting.isEmpty { time = max(time, now) }
            self.bounds = bounds
            waiting.append(request)
        }
    }

    private var lanes: [Lane: Queue] = [:]
    /// The lanes in which something waits.
    private var busy: [Lane] = []
    private var freeThreads: Int
    /// How many requests wait.
    package private(set) var waiting = 0
    /// The time of the lane that was served last: where one that was idle begins.
    private var time = 0

    /// So many lanes are remembered; beyond it those that are idle are forgotten, because their models may be gone.
    private static var mostLanes: Int { 4096 }

    /// - Parameter threads: How many batches run at the same time.
    package init(threads: Int) {
        freeThreads = threads
    }

    /// Takes a request in.
    ///
    /// - Parameter bounds: How large batches of its lane may be from now on.
    /// - Returns: What is to be run now, on a thread that is free.
    package mutating func add(_ item: Item, to lane: Lane, bytes: Int, bounds: Bounds) -> Batch? {
        if lanes[lane] == nil, lanes.count >= Self.mostLanes {
            lanes = lanes.filter { !$0.value.waiting.isEmpty || $0.value.running > 0 }
        }
        lanes[lane, default: Queue(bounds: bounds)].take(Waiting(item: item, bytes: bytes), bounds, now: time)
        if lanes[lane]?.waiting.count == 1 { busy.append(lane) }
        waiting += 1
        return next()
    }

    /// Takes in that a batch is done.
    ///
    /// - Parameters:
    ///   - nanoseconds: What it took.
    ///   - ran: How many of its requests were run, those apart that nobody waited for any more.
    /// - Returns: What is to be run next on the thread.
    package mutating func finished(_ batch: Batch, nanoseconds: Int, ran: Int) -> Batch? {
        freeThreads += 1
        lanes[batch.lane]?.running -= 1
        if ran == batch.items.count {
            lanes[batch.lane]?.pace.learn(nanoseconds: nanoseconds, bytes: batch.bytes, requests: ran)
        }
        lanes[batch.lane]?.time += nanoseconds
        return next()
    }

    /// What requests of a lane have cost so far.
    package func pace(of lane: Lane) -> BatchPace? { lanes[lane]?.pace }

    private mutating func next() -> Batch? {
        guard freeThreads > 0, waiting > 0 else { return nil }
        let place = busy.indices.min { (lanes[busy[$0]]?.time ?? 0) < (lanes[busy[$1]]?.time ?? 0) }
        guard let place, var queue = lanes[busy[place]] else { return nil }
        let lane = busy[place]
        let count = queue.pace.batch(of: queue.waiting.lazy.map(\.bytes), within: queue.bounds)
        let taken = queue.waiting.prefix(count)
        let batch = Batch(lane: lane, items: taken.map(\.item), bytes: taken.reduce(0) { $0 + $1.bytes })
        queue.waiting.removeFirst(count)
        queue.running += 1
        if queue.waiting.isEmpty { busy.remove(at: place) }
        lanes[lane] = queue
        time = max(time, queue.time)
        waiting -= count
        freeThreads -= 1
        return batch
    }
}

extension BatchQueue.Bounds {
    /// Every request by itself.
    package static var none: Self { Self(requests: 1, nanoseconds: 0) }
}
