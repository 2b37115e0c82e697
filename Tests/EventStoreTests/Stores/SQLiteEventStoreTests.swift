import CloudEvents
import Crypto
import EventStore
import Foundation
import GRDB
import SQLiteEventStore
import TestSupport
import Testing

@Suite struct `SQLite event store` {
    @Test(arguments: EventStoreConformance.checks)
    func `does what every store must`(check: EventStoreConformance.Check) async throws {
        let folder = TemporaryDirectory()
        try await check.run(EventStoreConformance(store: try SQLiteEventStore(path: folder.path + "/store.sqlite")))
    }

    // MARK: What only a file can do

    @Test func `opens again with everything in place`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/store.sqlite"
        do {
            let suite = EventStoreConformance(store: try SQLiteEventStore(path: path))
            try await suite.insert([try EventStoreConformance.request("r")], position: 5)
        }
        let store = try SQLiteEventStore(path: path)
        #expect(try await store.position() == 5)
        #expect(try await store.exchanges(requestID: "r").count == 1)
    }

    // MARK: Large payloads

    private static func noise(_ seed: UInt64) -> [UInt8] {
        var random = SplitMix(seed: seed)
        return (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func event(_ id: String, at seconds: Double = 0, _ data: [UInt8]) throws -> ClassifiedEvent {
        ClassifiedEvent(
            try CloudEvent(id: id, source: "/a", type: "t", data: data),
            arrivedAt: EventStoreConformance.arrival + .seconds(seconds)
        )
    }

    private static func files(in folder: TemporaryDirectory) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder.file("payloads"))?.compactMap { $0 as? String }
        return (names ?? []).filter { $0.contains("/") }.sorted()
    }

    @Test func `keeps a large payload once, in a file that its hash names, as long as an event holds it`() async throws
    {
        let folder = TemporaryDirectory()
        let suite = EventStoreConformance(store: try SQLiteEventStore(path: folder.file("store.sqlite")))
        let text = Array(String(repeating: "0.25, ", count: 40_000).utf8)
        let noise = Self.noise(1)
        // Two hold the same, the third is short once it is compressed, and a repetition counts for nothing.
        let events = [
            try Self.event("a", noise), try Self.event("b", at: 9, noise), try Self.event("c", text),
            try Self.event("a", noise),
        ]
        try await suite.insert(events)
        let digits = SHA256.hash(data: noise).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(Self.files(in: folder) == ["\(digits.prefix(2))/\(digits)"])
        #expect(try await suite.store.bytes() > 200_000)
        #expect(try await suite.store.events(EventQuery()).items.map(\.event.data) == [text, noise, noise])

        let arrival = EventStoreConformance.arrival
        #expect(try await suite.store.trim(arrivedBefore: arrival + .seconds(5), limit: 100) == 2)
        _ = try await suite.store.makeDurable()
        #expect(Self.files(in: folder).count == 1)
        #expect(try await suite.store.trim(arrivedBefore: arrival + .seconds(20), limit: 100) == 1)
        #expect(Self.files(in: folder).count == 1, "a reader that began before finds it")
        #expect(try await suite.store.bytes() < 200_000, "or more would be deleted to make room")
        _ = try await suite.store.makeDurable()
        #expect(Self.files(in: folder).isEmpty)
    }

    @Test func `removes files that a kill left, and says which is missing`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("store.sqlite")
        try await EventStoreConformance(store: try SQLiteEventStore(path: path)).insert([
            try Self.event("a", Self.noise(1))
        ])
        let kept = try #require(Self.files(in: folder).first)
        try FileManager.default.createDirectory(atPath: folder.file("payloads/00"), withIntermediateDirectories: true)
        folder.write([1], to: "payloads/00/0011.zst")
        let store = try SQLiteEventStore(path: path)
        #expect(Self.files(in: folder) == [kept])
        try FileManager.default.removeItem(atPath: folder.file("payloads/\(kept)"))
        let error = await #expect(throws: EventStoreError.self) { _ = try await store.events(EventQuery()) }
        #expect(error?.code == .corrupt && error?.message.contains(kept) == true)
        // The same again is written again.
        try await EventStoreConformance(store: store).insert([try Self.event("b", Self.noise(1))])
        #expect(try await store.events(EventQuery()).items.count == 2)
    }

    @Test func `takes over a record from before payloads were compressed`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("store.sqlite")
        let queue = try DatabaseQueue(path: path)
        try SQLiteSchema.migrator.migrate(queue, upTo: "1: events, exchanges, alerts, errands")
        try await queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO events (fingerprint, kind, id, type, arrived, flags, attributes, payload)
                    VALUES (X'00', 8, 'a', 't', 1, 0, ?, CAST('whole' AS BLOB))
                    """,
                arguments: [Data(#"{"specversion":"1.0","id":"a","source":"/s","type":"t"}"#.utf8)]
            )
        }
        try queue.close()
        let store = try SQLiteEventStore(path: path)
        #expect(try await store.events(EventQuery()).items.map(\.event.data) == [Array("whole".utf8)])
    }

    @Test func `counts the exchanges of a record from before they were counted`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.file("store.sqlite")
        let queue = try DatabaseQueue(path: path)
        try SQLiteSchema.migrator.migrate(queue, upTo: "4: incidents")
        let start = EventStoreConformance.arrival.nanoseconds
        try await queue.write { database in
            // More minutes than are kept in memory at a time.
            for number in 0..<6000 {
                try database.execute(
                    sql: """
                        INSERT INTO exchanges (requestid, namespace, model, component, endpoint, attempt, began, version,
                        status, latency, flags, weight) VALUES (?, 'n', 'm', 'predictor', 'default', 1, ?, '2', ?, ?, 0, 2)
                        """,
                    arguments: [
                        "r\(number)", start + Int64(number) * 60_000_000_000, number % 100 == 0 ? 500 : 200,
                        Double(number % 50 + 1),
                    ]
                )
            }
        }
        try queue.close()
        let store = try SQLiteEventStore(path: path)
        for step in [60, 300, 3600] {
            let query = TrafficQuery(
                since: EventStoreConformance.arrival - .seconds(3600),
                step: .seconds(step),
                count: 6200 * 60 / step
            )
            let total = try await store.traffic(query).reduce(into: TrafficSums()) { $0 += $1.sums }
            #expect(total.exchanges == 6000 && total.failures == 60 && total.served.exchanges == 12_000, "\(step)")
            #expect(total.latencies.quantile(0.5).map { abs($0 - 25) <= 0.5 } == true, "\(step)")
        }
    }

    @Test func `refuses a file that is no database`() throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/store.sqlite"
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: EventStoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error?.code == .corrupt)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func `refuses a damaged file`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/store.sqlite"
        do {
            let suite = EventStoreConformance(store: try SQLiteEventStore(path: path))
            try await suite.insert([try EventStoreConformance.request("r")])
            _ = try await suite.store.makeDurable()
        }
        for companion in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + companion) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(100..<2000, with: Data(repeating: 0xA5, count: 1900))  // the first page: the schema
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: EventStoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error?.code == .corrupt)
    }

    @Test func `refuses a database of another program`() async throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/store.sqlite"
        do { _ = try SQLiteEventStore(path: path) }
        // Another application id in the header, which SQLite keeps at byte 68.
        for companion in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + companion) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(68..<72, with: [1, 2, 3, 4])
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: EventStoreError.self) { try SQLiteEventStore(path: path) }
        #expect(error?.code == .unavailable)
    }

    @Test func `refuses a folder that is not there`() throws {
        let error = #expect(throws: EventStoreError.self) {
            try SQLiteEventStore(path: "/nonexistent/folder/store.sqlite")
        }
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: SQLiteLookups.all)
    func `no lookup of the hot path reads a whole table`(sql: String) throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/store.sqlite"
        _ = try SQLiteEventStore(path: path)
        let steps = try DatabaseQueue(path: path).read { database in
            try Row.fetchAll(
                database,
                sql: "EXPLAIN QUERY PLAN " + sql,
                arguments: StatementArguments(Array(repeating: 1, count: sql.filter { $0 == "?" }.count))
            ).map { $0["detail"] as String }
        }
        #expect(!steps.isEmpty)
        // The list of a JSON array is a table to SQLite, and read from end to end.
        #expect(steps.allSatisfy { !$0.hasPrefix("SCAN") || $0.hasPrefix("SCAN json_each") }, "\(steps)")
    }
}
