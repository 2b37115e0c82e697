import Logging
import ServiceKit
import Synchronization
import Testing

/// Keeps what is logged.
private struct KeptLog: LogHandler {
    final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    let lines: Lines
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.level) \(event.message)") } }
}

@Suite struct `Log of a listener` {
    @Test(arguments: [Logger.Level.info, .debug])
    func `calls the end of a channel no error, and leaves all else`(level: Logger.Level) {
        let lines = KeptLog.Lines()
        var logger = Logger(label: "test") { _ in ListenerLog(KeptLog(lines: lines)) }
        logger.logLevel = level
        logger.error("Waiting on child channel: ioOnClosedChannel")
        logger.error("Server shutdown error: x")
        logger[metadataKey: "k"] = "v"
        let expected = level == .debug ? ["debug Waiting on child channel: ioOnClosedChannel"] : []
        #expect(lines.all.withLock { $0 } == expected + ["error Server shutdown error: x"])
        #expect(logger[metadataKey: "k"] == "v")
    }
}
