import AsyncHTTPClient
import CloudEvents
import Foundation
import GRDB
import JSON
import NIOCore
import NIOHTTP1
import RequestLoggerService
import ServiceKit
import TestSupport
import Testing

@Suite struct `Durability of request-logger` {
    /// Where the record is kept.
    enum Keeper: String, CaseIterable {
        case file, PostgreSQL
    }

    /// How often the process is killed: the environment's RECORD_KILLS, else a few times.
    private static let kills = ProcessInfo.processInfo.environment["RECORD_KILLS"].flatMap { Int($0) } ?? 3

    @Test(arguments: Keeper.allCases.filter { $0 == .file || PostgreSQLServer.isInstalled })
    func `kill -9 under load loses nothing that was acknowledged and doubles nothing`(keeper: Keeper) async throws {
        let directory = TemporaryDirectory()
        let arguments = keeper == .file ? [] : ["--store-url=\(try await PostgreSQLServer.shared.database())"]
        var random = SplitMix(seed: 26)
        var acknowledged: Set<String> = []
        for round in 0..<Self.kills {
            let logger = try await ServiceProcess(
                "request-logger",
                directory: directory.path,
                log: "log-\(round)",
                arguments: arguments
            )
            let bound = Int.random(in: 10...600, using: &random)
            let ids = try await LoggerLoad.run(at: logger.base, name: "\(round)") { progress in
                try await progress.advance(by: bound)
                logger.kill()
            }
            acknowledged.formUnion(ids)
        }
        let logger = try await ServiceProcess(
            "request-logger",
            directory: directory.path,
            log: "log-last",
            arguments: arguments
        )
        let recorded = try await LoggerLoad.recorded(at: logger.base, atLeast: acknowledged)
        #expect(acknowledged.count >= 10 * Self.kills)
        #expect(Set(recorded).count == recorded.count, "an event is recorded twice")
        #expect(logger.terminate() == 0)
    }

    @Test func `SIGTERM with work in hand stops with 0, and the next process has it all`() async throws {
        let directory = TemporaryDirectory()
        let first = try await ServiceProcess("request-logger", directory: directory.path, log: "log-1")
        let batch = try (0..<100).flatMap { try Samples.exchange("r-\($0)") }
        #expect(await LoggerLoad.isAcknowledged(batch, at: first.base))
        #expect(first.terminate() == 0)
        let second = try await ServiceProcess("request-logger", directory: directory.path, log: "log-2")
        #expect(try await LoggerLoad.recorded(at: second.base, atLeast: Set(batch.map(\.id))).count == 200)
        second.kill()
    }

    @Test func `while the store takes nothing events are kept and it is not ready; then it catches up`() async throws {
        let directory = TemporaryDirectory()
        let logger = try await ServiceProcess("request-logger", directory: directory.path, log: "log")
        // Somebody else has the file: for a writer that is a store which refuses.
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true  // one that stays open is the point
        let other = try DatabaseQueue(path: directory.file("state/store.sqlite"), configuration: configuration)
        let batch = try (0..<20).flatMap { try Samples.exchange("r-\($0)") }
        try await other.writeWithoutTransaction { database in try database.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await LoggerLoad.isAcknowledged(batch, at: logger.base))
        #expect(try await eventually { try await LoggerLoad.readiness(at: logger.base).status == 503 })
        #expect(await LoggerLoad.isAcknowledged(try Samples.exchange("r-last"), at: logger.base))
        try await other.writeWithoutTransaction { database in try database.execute(sql: "ROLLBACK") }
        let ids = Set(batch.map(\.id))
        #expect(try await LoggerLoad.recorded(at: logger.base, atLeast: ids).count >= ids.count)
        #expect(try await eventually { try await LoggerLoad.readiness(at: logger.base).status == 200 })
        #expect(logger.terminate() == 0)
    }

    // MARK: What stops it before it starts

    private static func start(_ directory: TemporaryDirectory, _ arguments: [String] = []) async -> ExitCode {
        await Sidecar.run(
            "request-logger",
            settings: RequestLoggerConfiguration.keys,
            arguments: ["--state-directory=\(directory.path)", "--http-listen=127.0.0.1:0"] + arguments,
            environment: [:]
        ) { context in try await RequestLoggerService.services(context) }
    }

    @Test func `does not start on a damaged store`() async {
        let directory = TemporaryDirectory()
        directory.write(Array(repeating: 0x41, count: 8192), to: "store.sqlite")
        #expect(await Self.start(directory) == .unavailable)
    }

    @Test func `does not start where the store cannot be a file`() async throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.file("store.sqlite"),
            withIntermediateDirectories: true
        )
        #expect(await Self.start(directory) == .unavailable)
    }

    @Test(arguments: [
        "--alerts-close-after=0", "--alerts-webhook-url=nowhere", "--retention-age=long", "--store-url=mysql://h/d",
        "--store-url=postgresql://u:secret@h/d",
    ])
    func `does not start with a value that it cannot read`(argument: String) async {
        #expect(await Self.start(TemporaryDirectory(), [argument]) == .configuration)
    }
}
