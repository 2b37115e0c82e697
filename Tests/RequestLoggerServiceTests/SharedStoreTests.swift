import CloudEvents
import EventStore
import Foundation
import JSON
import NIOCore
import TestSupport
import Testing

/// The built executable with its record in a real PostgreSQL.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup --test"))
struct `request-logger on PostgreSQL` {
    @Test func `while PostgreSQL is away events wait, /readyz says so, and then it catches up`() async throws {
        let server = try await PostgreSQLServer()
        let url = try await server.database()
        let directory = TemporaryDirectory()
        let logger = try await LoggerProcess(directory: directory, log: "log", arguments: ["--store-url=\(url)"])
        let base = logger.base
        let acknowledged = try await LoggerLoad.run(at: base, name: "load", pause: .milliseconds(20)) { progress in
            try await progress.advance(by: 300)
            try await server.stop()
            try await LoggerLoad.until { try await LoggerLoad.readiness(at: base).status == 503 }
            #expect(try await LoggerLoad.readiness(at: base).text.contains("store_unavailable"))
            try await progress.advance(by: 300)
            try await server.start()
            try await LoggerLoad.until { try await LoggerLoad.readiness(at: base).status == 200 }
            try await progress.advance(by: 300)
        }
        let recorded = try await LoggerLoad.recorded(at: base, atLeast: acknowledged)
        #expect(acknowledged.count >= 900)
        #expect(Set(recorded).count == recorded.count, "an event is recorded twice")
        #expect(logger.terminate() == 0)
    }

    @Test func `two loggers record what both were sent once, one tells of alerts, and the other when it is gone`()
        async throws
    {
        let server = try await PostgreSQLServer.shared
        let url = try await server.database()
        // Each logger has a webhook of its own, so that it is known who told.
        try await RunningLogger.run { heardOfOne in
            try await RunningLogger.run { heardOfTwo in
                let receivers = [heardOfOne, heardOfTwo]
                let folders = [TemporaryDirectory(), TemporaryDirectory()]
                var loggers: [LoggerProcess] = []
                for (folder, receiver) in zip(folders, receivers) {
                    loggers.append(
                        try await LoggerProcess(
                            directory: folder,
                            log: "log",
                            arguments: ["--store-url=\(url)", "--alerts-webhook-url=\(receiver.base)/"]
                        )
                    )
                }
                let batch =
                    try (0..<100).flatMap { try Samples.exchange("r-\($0)") }
                    + (1...3).map { try Samples.window(.alarm, number: $0) }
                async let first = LoggerLoad.isAcknowledged(batch, at: loggers[0].base)
                async let second = LoggerLoad.isAcknowledged(batch, at: loggers[1].base)
                #expect(await first)
                #expect(await second)
                for logger in loggers {
                    let ids = try await LoggerLoad.recorded(at: logger.base, atLeast: Set(batch.map(\.id)))
                    #expect(ids.count == batch.count)
                    let alerts = try await LoggerLoad.get("/v1/alerts", at: logger.base)["items"]?.array
                    #expect(alerts?.count == 1)
                }
                func told() async throws -> [[String]] {
                    var monitors: [[String]] = []
                    for receiver in receivers {
                        monitors.append(
                            try await receiver.assembly.store.events(EventQuery(kinds: [.alert], order: .oldestFirst))
                                .items.compactMap { $0.event.jsonData?["monitor"]?.string }
                        )
                    }
                    return monitors
                }
                try await LoggerLoad.until { try await !told().joined().isEmpty }
                // A kill before it is noted down that the alert was told would let it be told again.
                try await LoggerLoad.until {
                    try await server.sql("SELECT COUNT(*) FROM vedette.errands", in: url) == "0"
                }
                let teller = try #require(try await told().firstIndex { !$0.isEmpty })
                let other = 1 - teller
                #expect(try await told()[teller] == ["digits-ks"])
                #expect(try await told()[other].isEmpty)

                loggers[teller].kill()
                let next = [try Samples.window(.alarm, number: 4, monitor: "another")]
                #expect(await LoggerLoad.isAcknowledged(next, at: loggers[other].base))
                try await LoggerLoad.until { try await !told()[other].isEmpty }
                #expect(try await told()[other] == ["another"])

                // What the killed one had taken and not recorded is its own to record; here that is nothing new.
                let again = try await LoggerProcess(
                    directory: folders[teller],
                    log: "log-again",
                    arguments: ["--store-url=\(url)", "--alerts-webhook-url=\(receivers[teller].base)/"]
                )
                let ids = try await LoggerLoad.recorded(at: again.base, atLeast: Set((batch + next).map(\.id)))
                #expect(ids.count == batch.count + 1)
                #expect(again.terminate() == 0)
                #expect(loggers[other].terminate() == 0)
                #expect(try await told().joined().count == 2)
            }
        }
    }

    @Test func `does not start without an answer, and says what to do`() throws {
        let directory = TemporaryDirectory()
        let (code, log) = try ServiceProcess.run(
            "request-logger",
            arguments: [
                "--state-directory=\(directory.path)", "--http-listen=127.0.0.1:0",
                "--store-url=postgresql://u@/d?host=/nonexistent",
            ]
        )
        #expect(code == 69)
        #expect(log.contains("store_unavailable") && log.contains("See that PostgreSQL is up"))
    }
}
