import ServiceKit
import ServiceLifecycle

/// The worker of a detector on a thread of its own: a method computes for long, and a model behind a URL lets it wait,
/// which the threads that answer requests must not.
struct WorkerThread: Service {
    let worker: ConsumerWorker

    func run() async throws {
        let thread = try ThreadExecutor()
        defer { thread.finish() }
        try await withTaskExecutorPreference(thread) { try await worker.run() }
    }
}
