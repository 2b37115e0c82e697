import Synchronization

/// Exchanges on their way from the event loops to the worker that makes events of them.
///
/// One short lock per exchange. The memory it can hold is bounded by the ``CaptureBudget`` that every exchange was
/// charged to. The worker is woken only when the queue was empty, so under load nobody is woken at all.
package final class CaptureQueue: Sendable {
    private struct State {
        var exchanges: [CapturedExchange] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wake: AsyncStream<Void>.Continuation
    private let signals: AsyncStream<Void>

    package init() {
        (signals, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes an exchange in.
    package func append(_ exchange: CapturedExchange) {
        let wasEmpty = state.withLock { state in
            state.exchanges.append(exchange)
            return state.exchanges.count == 1
        }
        if wasEmpty { wake.yield() }
    }

    /// Says that nothing more comes.
    package func finish() {
        state.withLock { $0.isFinished = true }
        wake.finish()
    }

    /// Batches of exchanges in their order, for one reader.
    ///
    /// They end when ``finish()`` was called and the last is out.
    package func batches() -> some AsyncSequence<[CapturedExchange], Never> {
        AsyncStream<[CapturedExchange]> { [self] in
            while true {
                let batch = take()
                if !batch.isEmpty { return batch }
                if state.withLock({ $0.isFinished && $0.exchanges.isEmpty }) { return nil }
                var iterator = signals.makeAsyncIterator()
                _ = await iterator.next()
                if Task.isCancelled { return nil }
            }
        }
    }

    private func take() -> [CapturedExchange] {
        state.withLock { state in
            defer { state.exchanges = [] }
            return state.exchanges
        }
    }
}
