import CloudEvents
import EventStore
import Foundation
import JSON
import RequestLoggerService
import TestSupport
import Testing

/// The built executable with its record in a real PostgreSQL.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup --test"))
struct `request-logger on PostgreSQL` {
    @Test func `while PostgreSQL is away events wait, /readyz says so, and then it catches up`() async throws {
        let server = try await PostgreSQLServer()
        let url = try await server.database()
        let directory = TemporaryDirectory()
        let logger = try await ServiceProcess(
            "request-logger",
            directory: directory.path,
            log: "log",
            arguments: ["--store-url=\(url)"]
        )
        let base = logger.base
        let acknowledged = try await LoggerLoad.run(at: base, name: "load", pause: .milliseconds(20)) { progress in
            try await progress.advance(by: 300)
            try await server.stop()
            #expect(try await eventually { try await LoggerLoad.readiness(at: base).status == 503 })
            #expect(try await LoggerLoad.readiness(at: base).text.contains("store_unavailable"))
            try await progress.advance(by: 300)
            try await server.start()
            #expect(try await eventually { try await LoggerLoad.readiness(at: base).status == 200 })
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
                defer { withExtendedLifetime(folders) {} }  // until the last process that writes there has ended
                var loggers: [ServiceProcess] = []
                for (folder, receiver) in zip(folders, receivers) {
                    loggers.append(
                        try await ServiceProcess(
                            "request-logger",
                            directory: folder.path,
                            arguments: ["--store-url=\(url)", "--alerts-webhook-url=\(receiver.base)/"]
                        )
                    )
                }
                let batch =
                    try (0..<100).flatMap { try Samples.exchange("r-\($0)") }
                    + (1...3).map { try Samples.window(.alarm, number: $0) }
                let bases = loggers.map(\.base)
                async let first = LoggerLoad.isAcknowledged(batch, at: bases[0])
                async let second = LoggerLoad.isAcknowledged(batch, at: bases[1])
                #expect(await first)
                #expect(await second)
                for base in bases {
                    let ids = try await LoggerLoad.recorded(at: base, atLeast: Set(batch.map(\.id)))
                    // Each alarming window makes an event of its alert, once, whoever judged it.
                    #expect(ids.count == batch.count + 3)
                    #expect(Set(ids).count == ids.count)
                    let alerts = try await LoggerLoad.get("/v1/alerts", at: base)["items"]?.array
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
                #expect(try await eventually { try await !told().joined().isEmpty })
                // A kill before it is noted down that the alert was told would let it be told again.
                #expect(
                    try await eventually {
                        try await server.sql("SELECT COUNT(*) FROM vedette.errands", in: url) == "0"
                    }
                )
                let teller = try #require(try await told().firstIndex { !$0.isEmpty })
                let other = 1 - teller
                #expect(try await told()[teller] == ["digits-ks"])
                #expect(try await told()[other].isEmpty)

                loggers[teller].kill()
                let next = [try Samples.window(.alarm, number: 4, monitor: "another")]
                #expect(await LoggerLoad.isAcknowledged(next, at: bases[other]))
                #expect(try await eventually { try await !told()[other].isEmpty })
                #expect(try await told()[other] == ["another"])

                // What the killed one had taken and not recorded is its own to record; here that is nothing new.
                let again = try await ServiceProcess(
                    "request-logger",
                    directory: folders[teller].path,
                    log: "log-again",
                    arguments: ["--store-url=\(url)", "--alerts-webhook-url=\(receivers[teller].base)/"]
                )
                let ids = try await LoggerLoad.recorded(at: again.base, atLeast: Set((batch + next).map(\.id)))
                #expect(ids.count == batch.count + 3 + 2)
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
