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
    @Test func `kill -9 under load loses nothing that was acknowledged and doubles nothing`() async throws {
        let directory = TemporaryDirectory()
        var acknowledged: Set<String> = []
        for round in 0..<3 {
            let logger = try await Self.start(directory, log: "log-\(round)")
            acknowledged.formUnion(await Self.load(logger, round: round, killAfter: 400 + 150 * round))
        }
        let logger = try await Self.start(directory, log: "log-last")
        let recorded = try await Self.recorded(at: logger.base, atLeast: acknowledged)
        #expect(acknowledged.count > 400)
        #expect(Set(recorded).isSuperset(of: acknowledged))
        #expect(Set(recorded).count == recorded.count, "an event is recorded twice")
        #expect(logger.terminate() == 0)
    }

    private static func start(_ directory: TemporaryDirectory, log: String) async throws -> ServiceProcess {
        try await ServiceProcess("request-logger", directory: directory.path, log: log)
    }

    /// Sends batches from several senders until the process is killed in their midst.
    ///
    /// - Returns: The ids of the events that were acknowledged.
    private static func load(_ logger: ServiceProcess, round: Int, killAfter bound: Int) async -> Set<String> {
        let base = logger.base
        return await withTaskGroup(of: Set<String>.self) { group in
            let (progress, report) = AsyncStream.makeStream(of: Int.self)
            for sender in 0..<4 {
                group.addTask {
                    var ids: Set<String> = []
                    for number in 0..<10_000 {
                        let batch = (0..<10).compactMap { index in
                            let id = "\(round)-\(sender)-\(number)-\(index)"
                            return try? CloudEvent(
                                id: id,
                                source: "/load",
                                type: EventType.inferenceRequest,
                                extensions: ["requestid": .string(id), "model": "m"],
                                data: Array(repeating: UInt8(ascii: "x"), count: 300)
                            )
                        }
                        guard await isAcknowledged(batch, at: base) else { break }
                        ids.formUnion(batch.map(\.id))
                        report.yield(batch.count)
                    }
                    return ids
                }
            }
            var count = 0
            for await more in progress {
                count += more
                if count >= bound { break }
            }
            logger.kill()
            return await group.reduce(into: []) { $0.formUnion($1) }
        }
    }

    private static func isAcknowledged(_ batch: [CloudEvent], at base: String) async -> Bool {
        let (headers, body) = HTTPBinding.encodeBatch(batch)
        var request = HTTPClientRequest(url: "\(base)/")
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return response?.status == .accepted
    }

    /// The ids of all recorded events, once those that are expected are among them.
    private static func recorded(at base: String, atLeast expected: Set<String>) async throws -> [String] {
        var ids: [String] = []
        try await eventually(within: .seconds(10), every: .milliseconds(20)) {  // it may still read its journal
            ids = try await allEventIDs(at: base)
            return Set(ids).isSuperset(of: expected)
        }
        return ids
    }

    private static func allEventIDs(at base: String) async throws -> [String] {
        var ids: [String] = []
        var path = "/v1/events?limit=1000&order=oldest"
        while true {
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: base + path),
                timeout: .seconds(20)
            )
            let page = try JSONValue(parsing: Array(buffer: try await response.body.collect(upTo: 64 << 20)))
            ids += (page["items"]?.array ?? []).compactMap { $0["id"]?.string }
            guard let next = page["next"]?.string else { return ids }
            path = "/v1/events?limit=1000&order=oldest&cursor=\(next)"
        }
    }

    @Test func `SIGTERM with work in hand stops with 0, and the next process has it all`() async throws {
        let directory = TemporaryDirectory()
        let first = try await Self.start(directory, log: "log-1")
        let batch = try (0..<100).flatMap { try Samples.exchange("r-\($0)") }
        #expect(await Self.isAcknowledged(batch, at: first.base))
        #expect(first.terminate() == 0)
        let second = try await Self.start(directory, log: "log-2")
        #expect(try await Self.recorded(at: second.base, atLeast: Set(batch.map(\.id))).count == 200)
        second.kill()
    }

    @Test func `while the store takes nothing events are kept and it is not ready; then it catches up`() async throws {
        let directory = TemporaryDirectory()
        let logger = try await Self.start(directory, log: "log")
        func readiness() async throws -> UInt {
            try await HTTPClient.shared.execute(HTTPClientRequest(url: "\(logger.base)/readyz"), timeout: .seconds(20))
                .status.code
        }
        // Somebody else has the file: for a writer that is a store which refuses.
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true  // one that stays open is the point
        let other = try DatabaseQueue(path: directory.file("state/store.sqlite"), configuration: configuration)
        let batch = try (0..<20).flatMap { try Samples.exchange("r-\($0)") }
        try await other.writeWithoutTransaction { database in try database.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await Self.isAcknowledged(batch, at: logger.base))
        #expect(try await eventually { try await readiness() != 200 })
        #expect(await Self.isAcknowledged(try Samples.exchange("r-last"), at: logger.base))
        try await other.writeWithoutTransaction { database in try database.execute(sql: "ROLLBACK") }
        let ids = Set(batch.map(\.id))
        #expect(try await Self.recorded(at: logger.base, atLeast: ids).count >= ids.count)
        #expect(try await eventually { try await readiness() == 200 })
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

    @Test(arguments: ["--alerts-close-after=0", "--alerts-webhook-url=nowhere", "--retention-age=long"])
    func `does not start with a value that it cannot read`(argument: String) async {
        #expect(await Self.start(TemporaryDirectory(), [argument]) == .configuration)
    }
}
