import CloudEvents
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
        #expect(steps.allSatisfy { !$0.hasPrefix("SCAN") }, "\(steps)")
    }
}
