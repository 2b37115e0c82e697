import AsyncHTTPClient
import CloudEvents
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import ServiceKit
import Synchronization
import TestSupport

/// Events that several senders give to a logger at once, and what the logger says of them.
enum LoggerLoad {
    /// How many events have been acknowledged so far.
    final class Progress: Sendable {
        private let count = Mutex(0)

        fileprivate func add(_ more: Int) { count.withLock { $0 += more } }

        /// Returns when this many more have been.
        func advance(by number: Int) async throws {
            let goal = count.withLock { $0 } + number
            guard try await eventually(holds: { count.withLock { $0 } >= goal }) else { throw NeverHappened() }
        }
    }

    /// Sends batches from four senders until `work` returns; a sender whose batch is not acknowledged sends no more.
    ///
    /// - Parameters:
    ///   - name: What tells these events from those of another load.
    ///   - pause: How long a sender rests after a batch.
    /// - Returns: The ids of the events that were acknowledged.
    static func run(
        at base: String,
        name: String,
        pause: Duration = .zero,
        until work: (Progress) async throws -> Void
    ) async throws -> Set<String> {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: Set<String>.self) { group in
            for sender in 0..<4 {
                group.addTask {
                    var ids: Set<String> = []
                    var number = 0
                    while !Task.isCancelled {
                        let batch = try requests("\(name)-\(sender)-\(number)", count: 10)
                        guard await isAcknowledged(batch, at: base) else { break }
                        ids.formUnion(batch.map(\.id))
                        progress.add(batch.count)
                        number += 1
                        try? await Task.sleep(for: pause)
                    }
                    return ids
                }
            }
            try await work(progress)
            group.cancelAll()
            return try await group.reduce(into: []) { $0.formUnion($1) }
        }
    }

    private static func requests(_ name: String, count: Int) throws -> [CloudEvent] {
        try (0..<count).map { index in
            try CloudEvent(
                id: "\(name)-\(index)",
                source: "/load",
                type: EventType.inferenceRequest,
                extensions: ["requestid": .string("\(name)-\(index)"), "model": "m"],
                data: Array(repeating: UInt8(ascii: "x"), count: 300)
            )
        }
    }

    /// Sends a batch.
    ///
    /// - Returns: The status of the answer and its text; nil when there was none.
    static func post(_ batch: [CloudEvent], at base: String) async -> (status: UInt, text: String)? {
        let (headers, body) = HTTPBinding.encodeBatch(batch)
        var request = HTTPClientRequest(url: "\(base)/")
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10)),
            let text = try? await response.body.collect(upTo: 1 << 20)
        else { return nil }
        return (response.status.code, String(buffer: text))
    }

    static func isAcknowledged(_ batch: [CloudEvent], at base: String) async -> Bool {
        await post(batch, at: base)?.status == 202
    }

    /// What `/readyz` answers.
    static func readiness(at base: String) async throws -> (status: UInt, text: String) {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(base)/readyz"),
            timeout: .seconds(20)
        )
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    /// The ids of all recorded events, once those that are expected are among them.
    static func recorded(at base: String, atLeast expected: Set<String>) async throws -> [String] {
        var ids: [String] = []
        let isComplete = try await eventually(every: .milliseconds(50)) {
            ids = try await allEventIDs(at: base)
            return Set(ids).isSuperset(of: expected)
        }
        guard isComplete else { throw NeverHappened() }
        return ids
    }

    private static func allEventIDs(at base: String) async throws -> [String] {
        var ids: [String] = []
        var path = "/v1/events?limit=1000&order=oldest"
        while true {
            let page = try await get(path, at: base)
            ids += (page["items"]?.array ?? []).compactMap { $0["id"]?.string }
            guard let next = page["next"]?.string else { return ids }
            path = "/v1/events?limit=1000&order=oldest&cursor=\(next)"
        }
    }

    static func get(_ path: String, at base: String) async throws -> JSONValue {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: base + path),
            timeout: .seconds(20)
        )
        return try JSONValue(parsing: Array(buffer: try await response.body.collect(upTo: 64 << 20)))
    }

    /// What was waited for did not come.
    struct NeverHappened: Error {}
}
