import NIOCore
package import NIOPosix
import Synchronization

/// Threads for requests that would hold up an event loop, and the queue before them.
package final class BatchRunner: Sendable {
    private let queue: Mutex<BatchQueue<UInt64, any PendingExchange>>
    private let pool: NIOThreadPool
    private let policy: BatchPolicy
    private let metrics: ExecutionMetrics

    package init(pool: NIOThreadPool, threads: Int, policy: BatchPolicy, metrics: ExecutionMetrics) {
        self.pool = pool
        self.policy = policy
        self.metrics = metrics
        queue = Mutex(BatchQueue(threads: threads))
        metrics.onCollect(waiting: { [weak self] in self?.waiting })
    }

    /// How many requests wait for a thread.
    package var waiting: Int { queue.withLock { $0.waiting } }

    func add(_ call: some PendingExchange) {
        let bounds = policy.bounds(for: call.model)
        let batch = queue.withLock { $0.add(call, to: call.model.lane, bytes: call.size, bounds: bounds) }
        guard let batch else { return }
        pool.submit { state in
            guard case .active = state else {
                for call in batch.items { call.fail(InferenceFailure.stopping, InferenceTime(arrived: call.since)) }
                return
            }
            self.work(on: batch)
        }
    }

    /// Runs batches until none is waiting, so that a thread that is at work is not woken for the next one.
    private func work(on first: BatchQueue<UInt64, any PendingExchange>.Batch) {
        var next: BatchQueue<UInt64, any PendingExchange>.Batch? = first
        while let batch = next {
            guard let model = batch.items.first?.model else { return }
            let began = NIODeadline.now()
            for call in batch.items { metrics.waited((began - call.since).nanoseconds, model: model.name) }
            let run = BatchRun(model: model, calls: batch.items, mostRows: policy.rows(for: model)) {
                [metrics] requests in
                metrics.ran(requests, model: model.name)
            }
            let ran = run.run()
            let nanoseconds = Int((NIODeadline.now() - began).nanoseconds)
            if batch.items.count == 1, ran == 1 { model.pace.learn(nanoseconds: nanoseconds, bytes: batch.bytes) }
            next = queue.withLock { $0.finished(batch, nanoseconds: nanoseconds, ran: ran) }
        }
    }
}

/// How requests are put together.
package struct BatchPolicy: Sendable {
    /// The most rows of a batch; 1 for none.
    package var rows: Int
    /// How long a batch may be expected to take.
    package var latency: Duration

    package init(rows: Int = 64, latency: Duration = .milliseconds(10)) {
        self.rows = rows
        self.latency = latency
    }

    func rows(for model: ServedModel) -> Int { model.traffic.batchRows ?? rows }

    func bounds(for model: ServedModel) -> BatchQueue<UInt64, any PendingExchange>.Bounds {
        let nanoseconds = model.traffic.batchNanoseconds ?? Int(latency / .nanoseconds(1))
        return .init(requests: nanoseconds == 0 ? 1 : rows(for: model), nanoseconds: nanoseconds)
    }
}
