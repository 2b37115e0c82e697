import AsyncHTTPClient
import Journal
import NIOCore
import NIOPosix

/// Threads that bring events to sinks and give way to all others.
///
/// For a process in front of a model: where the cores are busy, the model's traffic goes first and events wait on disk.
/// They are apart from the event loops of that traffic, which would otherwise stand still while a batch is sent.
struct YieldingThreads: Sendable {
    /// Where events are read, encoded and settled.
    let executor: ThreadExecutor
    /// Whose connections are served by one of these threads.
    let client: HTTPClient
    private let loops: MultiThreadedEventLoopGroup

    init(_ settings: Settings) throws {
        loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        client = try HTTPClient.toServices(settings, on: loops)
        executor = try ThreadExecutor(givesWay: true)
        loops.next().execute { OwnThread.giveWay() }
    }

    /// Lets the threads end; nothing may run on them any more.
    func finish() async throws {
        try await client.shutdown()
        try await loops.shutdownGracefully()
        executor.finish()
    }
}
