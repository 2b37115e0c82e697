import ServiceKit
import ServiceLifecycle

/// Looks at the folder of models every few seconds: versions that came are loaded, changed ones replaced, others let go.
///
/// It polls, since notifications do not cross the mounts of containers; looking takes at most one part in fifty of a
/// thread's time, however large or slow the folder. While something is changing it looks more often.
package struct RepositoryWatch: Service {
    private let repository: ModelRepository
    private let interval: Duration

    /// How long a folder must have been left alone to count as complete.
    private static let settling = Duration.seconds(1)

    package init(_ repository: ModelRepository, interval: Duration) {
        self.repository = repository
        self.interval = interval
    }

    package func run() async throws {
        let thread = try ThreadExecutor()
        defer { thread.finish() }
        try? await cancelWhenGracefulShutdown {  // a stop is how this ends
            try await withTaskExecutorPreference(thread) {
                var pause = interval
                try await Task.sleep(for: pause)
                StartPages.letGo()
                while true {
                    let began = ContinuousClock.now
                    let isChanging = repository.look()
                    repository.giveBackMemory()
                    let took = began.duration(to: .now)
                    pause = max(isChanging ? min(interval, Self.settling) : interval, took * 50)
                    try await Task.sleep(for: pause)
                }
            }
        }
    }
}
