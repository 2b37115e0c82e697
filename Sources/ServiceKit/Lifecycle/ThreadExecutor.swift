import Dispatch
import Journal
import Synchronization

/// Runs tasks one at a time on a thread of its own.
///
/// For steady work that must get its share of a busy machine: the cooperative pool has a thread per core, and whoever
/// waits there waits behind all that is queued.
package final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// - Parameter givesWay: Whether the thread lets others go first on a busy machine.
    /// - Throws: When the system gives no thread.
    package init(givesWay: Bool = false) throws {
        try OwnThread.start { [self] in
            if givesWay { OwnThread.giveWay() }
            run()
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    /// Lets the thread end when it has nothing more to do; no task may prefer this executor any more.
    package func finish() {
        state.withLock { $0.isFinished = true }
        wake.signal()
    }

    private func run() {
        while true {
            wake.wait()
            let (jobs, isFinished) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isFinished)
            }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if isFinished, jobs.isEmpty { return }
        }
    }
}
