import Synchronization

/// Exchanges on their way from the event loops to the worker that makes events of them.
///
/// One short lock per exchange. The memory it can hold is bounded by the ``CaptureBudget`` that every exchange was
/// charged to. The worker takes them by batches: each lets a few milliseconds of traffic come together, so that writing
/// and sending, which cost as much for one event as for fifty, happen a few hundred times a second at most.
package final class CaptureQueue: Sendable {
    private struct State {
        var exchanges: [CapturedExchange] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wake: AsyncStream<Void>.Continuation
    private let signals: AsyncStream<Void>

    /// How long the first exchange of a batch waits for company.
    private static let gatherTime = Duration.milliseconds(4)
    /// So many make a batch at once.
    private static let gatherCount = 128

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
    ///
    /// - Parameters:
    ///   - limit: The most exchanges of one batch.
    ///   - bytes: A batch ends with the exchange that makes it hold as much.
    package func batches(of limit: Int, bytes: Int) -> some AsyncSequence<[CapturedExchange], Never> {
        AsyncStream<[CapturedExchange]> { [self] in
            while true {
                var (count, isFinished) = waiting
                if count == 0, !isFinished {
                    var iterator = signals.makeAsyncIterator()
                    _ = await iterator.next()
                    (count, isFinished) = waiting
                }
                if count < min(limit, Self.gatherCount), !isFinished { try? await Task.sleep(for: Self.gatherTime) }
                if Task.isCancelled { return nil }
                let batch = take(limit, bytes)
                if !batch.isEmpty { return batch }
                if isFinished { return nil }
            }
        }
    }

    private var waiting: (count: Int, isFinished: Bool) {
        state.withLock { ($0.exchanges.count, $0.isFinished) }
    }

    private func take(_ limit: Int, _ bytes: Int) -> [CapturedExchange] {
        state.withLock { state in
            var (count, held) = (0, 0)
            while count < min(limit, state.exchanges.count), held < bytes {
                held += state.exchanges[count].charged
                count += 1
            }
            guard count < state.exchanges.count else {
                defer { state.exchanges = [] }
                return state.exchanges  // nothing is copied
            }
            let batch = Array(state.exchanges[..<count])
            state.exchanges.removeFirst(count)
            return batch
        }
    }
}
