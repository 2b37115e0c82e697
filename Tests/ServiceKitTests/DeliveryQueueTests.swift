import CloudEvents
import Journal
import ServiceKit
import Testing

@Suite struct `Delivery queue` {
    private func queue(_ partitions: [String?], inFlight: Int = 4, batch: Int = 1) -> DeliveryQueue {
        var queue = DeliveryQueue(cursor: .start, inFlightLimit: inFlight, batchLimit: batch)
        let items = partitions.enumerated().map { index, partition in
            DeliveryQueue.Item(position: at(index + 1), receivedAt: Int64(index), partition: partition, bytes: 100)
        }
        queue.load(items, through: at(partitions.count))
        return queue
    }

    private func at(_ position: Int) -> JournalPosition { JournalPosition(rawValue: UInt64(position)) }

    @Test func `sends in order within a partition and lets others overtake`() {
        var queue = queue(["a", "a", "b", nil])
        #expect(queue.next(now: 0) == .send([at(1)]))
        #expect(queue.next(now: 0) == .send([at(3)]))
        #expect(queue.next(now: 0) == .send([at(4)]))
        #expect(queue.next(now: 0) == .idle)
        queue.finish([at(1)])
        #expect(queue.next(now: 0) == .send([at(2)]))
    }

    @Test func `moves its cursor only over what is done without a hole`() {
        var queue = queue([nil, nil, nil])
        for _ in 0..<3 { _ = queue.next(now: 0) }
        queue.finish([at(2)])
        #expect(queue.cursor == .start)
        queue.finish([at(1)])
        #expect(queue.cursor == at(2))
        queue.finish([at(3)])
        #expect(queue.cursor == at(3) && queue.isEmpty)
    }

    @Test func `moves its cursor over positions that hold nothing to send`() {
        var queue = DeliveryQueue(cursor: .start, inFlightLimit: 1)
        queue.load([], through: at(7))
        #expect(queue.cursor == at(7))
    }

    @Test func `holds a partition back while its first event waits for another attempt`() {
        var queue = queue(["a", "a"])
        #expect(queue.next(now: 0) == .send([at(1)]))
        queue.retry([at(1)], notBefore: 50, isSinkDown: false)
        #expect(queue.next(now: 10) == .wait(until: 50))
        #expect(queue.next(now: 50) == .send([at(1)]))
        #expect(queue.attempt([at(1)]).attempt == 2)
    }

    @Test func `asks one at a time whether a sink that is down is back`() {
        var queue = queue([nil, nil, nil])
        #expect(queue.next(now: 0) == .send([at(1)]))
        queue.retry([at(1)], notBefore: 0, isSinkDown: true)
        #expect(queue.next(now: 0) == .send([at(1)]))
        #expect(queue.next(now: 0) == .idle)
        queue.finish([at(1)])
        #expect(queue.next(now: 0) == .send([at(2)]))
        #expect(queue.next(now: 0) == .send([at(3)]))
    }

    @Test func `counts no attempt against an event when the sink refuses us`() {
        var queue = queue([nil])
        _ = queue.next(now: 0)
        queue.pause([at(1)], until: 30)
        #expect(queue.next(now: 29) == .wait(until: 30))
        #expect(queue.next(now: 30) == .send([at(1)]))
        #expect(queue.attempt([at(1)]).attempt == 1)
    }

    // MARK: Patient events

    private static let second = DeliveryQueue.patience

    private func queue(patient: [Bool], at times: [Int64], batch: Int = 10) -> DeliveryQueue {
        var queue = DeliveryQueue(cursor: .start, inFlightLimit: 4, batchLimit: batch)
        let items = zip(patient, times).enumerated().map { index, item in
            DeliveryQueue.Item(
                position: at(index + 1),
                receivedAt: item.1,
                partition: "a",
                bytes: 100,
                isPatient: item.0
            )
        }
        queue.load(items, through: at(items.count))
        return queue
    }

    @Test func `lets patient events wait for company until the first has waited a second`() {
        var queue = queue(patient: [true, true, true], at: [5, 100, 200])
        #expect(queue.next(now: 200) == .wait(until: 5 + Self.second))
        #expect(queue.next(now: 4 + Self.second) == .wait(until: 5 + Self.second))
        #expect(queue.next(now: 5 + Self.second) == .send([at(1), at(2), at(3)]))
        queue.finish([at(1), at(2), at(3)])
        #expect(queue.isEmpty && queue.cursor == at(3))
    }

    @Test func `sends what waits before an event that does not, in order, and lets later ones wait`() {
        var queue = queue(patient: [true, true, false, true], at: [0, 1, 2, 3])
        #expect(queue.next(now: 3) == .send([at(1), at(2), at(3)]))
        queue.finish([at(1), at(2), at(3)])
        #expect(queue.next(now: 3) == .wait(until: 3 + Self.second))
    }

    @Test func `sends patient events at once when they fill a request, in a hurry, or where requests hold one`() {
        var full = queue(patient: [true, true, true], at: [0, 0, 0], batch: 2)
        #expect(full.next(now: 0) == .send([at(1), at(2)]))
        var hurried = queue(patient: [true], at: [0])
        hurried.hurry()
        #expect(hurried.next(now: 0) == .send([at(1)]))
        var single = queue(patient: [true, true], at: [0, 0], batch: 1)
        #expect(single.next(now: 0) == .send([at(1)]))
    }

    @Test func `asks no patience of an event that comes back`() {
        var queue = queue(patient: [true], at: [0])
        #expect(queue.next(now: Self.second) == .send([at(1)]))
        queue.retry([at(1)], notBefore: 2 * Self.second, isSinkDown: false)
        #expect(queue.next(now: Self.second) == .wait(until: 2 * Self.second))
        #expect(queue.next(now: 2 * Self.second) == .send([at(1)]))
    }

    @Test func `splits a batch that is too large down to single events`() {
        var queue = queue([nil, nil, nil, nil], batch: 4)
        #expect(queue.next(now: 0) == .send([at(1), at(2), at(3), at(4)]))
        queue.split([at(1), at(2), at(3), at(4)])
        #expect(queue.next(now: 0) == .send([at(1), at(2)]))
        queue.split([at(1), at(2)])
        #expect(queue.next(now: 0) == .send([at(1)]))
        #expect(queue.next(now: 0) == .send([at(2)]))
    }

    @Test func `takes no more than it can hold`() {
        var queue = DeliveryQueue(cursor: .start, inFlightLimit: 1)
        let room = queue.room
        #expect(room > 0)
        queue.load(
            [DeliveryQueue.Item(position: at(1), receivedAt: 0, partition: nil, bytes: 64 << 20)],
            through: at(1)
        )
        #expect(queue.room == 0)
    }
}

@Suite struct `Retry policy` {
    let policy = RetryPolicy(attempts: 3)

    @Test(arguments: [200, 201, 202, 204])
    func `takes any 2xx for delivered`(status: Int) {
        #expect(verdict(.status(status, retryAfter: nil)) == .delivered)
    }

    @Test(arguments: [404, 408, 409, 429, 500, 502, 503, 504])
    func `tries again`(status: Int) {
        guard case .retry = verdict(.status(status, retryAfter: nil)) else {
            Issue.record("\(status) was not tried again")
            return
        }
        #expect(verdict(.status(status, retryAfter: nil), attempt: 3) == .deadLetter(reason: "exhausted", code: status))
    }

    @Test(arguments: [301, 400, 405, 410, 415, 422])
    func `gives up at once`(status: Int) {
        #expect(verdict(.status(status, retryAfter: nil)) == .deadLetter(reason: "refused", code: status))
    }

    @Test func `pauses the sink when it refuses us`() {
        for status in [401, 403] {
            #expect(verdict(.status(status, retryAfter: nil), attempt: 99) == .pause(.seconds(30)))
        }
    }

    @Test func `splits a batch that is too large, and gives up a single event`() {
        #expect(verdict(.status(413, retryAfter: nil), isBatch: true) == .split)
        #expect(verdict(.status(413, retryAfter: nil)) == .deadLetter(reason: "refused", code: 413))
    }

    @Test func `waits twice as long each time, with jitter, up to a limit`() {
        let policy = RetryPolicy(attempts: 100, firstDelay: .seconds(1), longestDelay: .seconds(60))
        func delay(_ attempt: Int, _ jitter: Double) -> Duration? {
            guard
                case .retry(let delay) = policy.verdict(
                    on: .unreachable("x"),
                    attempt: attempt,
                    age: .zero,
                    isBatch: false,
                    jitter: jitter
                )
            else { return nil }
            return delay
        }
        #expect(delay(1, 0) == .milliseconds(500))
        #expect(delay(2, 0) == .seconds(1))
        #expect(delay(3, 0) == .seconds(2))
        #expect(delay(50, 0) == .seconds(30))
        #expect(delay(3, 0.5) == .seconds(3))
    }

    @Test func `honours Retry-After, to a limit`() {
        #expect(verdict(.status(503, retryAfter: .seconds(90))) == .retry(after: .seconds(90)))
        #expect(verdict(.status(503, retryAfter: .seconds(1_000_000))) == .retry(after: .seconds(3600)))
        let now = try? Timestamp(rfc3339: "1994-11-06T08:49:07Z")
        #expect(now.flatMap { RetryAfter.duration("Sun, 06 Nov 1994 08:49:37 GMT", now: $0) } == .seconds(30))
        #expect(RetryAfter.duration("120", now: .now()) == .seconds(120))
        #expect(RetryAfter.duration("soon", now: .now()) == nil)
    }

    @Test func `gives up by age as well`() {
        #expect(
            policy.verdict(on: .unreachable("x"), attempt: 1, age: .seconds(90_000), isBatch: false, jitter: 0)
                == .deadLetter(reason: "unreachable", code: nil)
        )
    }

    private func verdict(_ answer: SinkAnswer, attempt: Int = 1, isBatch: Bool = false) -> RetryPolicy.Verdict {
        policy.verdict(on: answer, attempt: attempt, age: .zero, isBatch: isBatch, jitter: 0)
    }
}
