import Synchronization

/// A stop that was asked for, and a wait that ends with it.
final class StopFlag: Sendable {
    private struct State {
        var isSet = false
        var wait: Task<Void, Never>?
    }

    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let wait = state.withLock { state in
            state.isSet = true
            return state.wait
        }
        wait?.cancel()
    }

    /// Waits for `body`, which ends early when the stop comes or the caller is cancelled.
    func orCancelled(_ body: @escaping @Sendable () async -> Void) async {
        // A bare task, because it must be cancelled by the stop and not with the caller; it is awaited right here.
        let task = Task { await body() }
        let isSet = state.withLock { state in
            state.wait = task
            return state.isSet
        }
        if isSet { task.cancel() }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        state.withLock { $0.wait = nil }
    }
}
