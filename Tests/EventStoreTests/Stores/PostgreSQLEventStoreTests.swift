import CloudEvents
import EventStore
import JSON
import PostgreSQLEventStore
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup --test"))
struct `PostgreSQL event store` {
    private static func store(_ url: String, logger: String = "one") throws -> PostgreSQLEventStore {
        try PostgreSQLEventStore(try #require(PostgreSQLAddress(url)), logger: logger)
    }

    @Test(arguments: EventStoreConformance.checks)
    func `does what every store must`(check: EventStoreConformance.Check) async throws {
        let url = try await PostgreSQLServer.shared.database()
        try await check.run(EventStoreConformance(store: try Self.store(url)))
    }

    @Test func `opens again with everything in place, each logger at its own position`() async throws {
        let url = try await PostgreSQLServer.shared.database()
        try await EventStoreConformance(store: try Self.store(url))
            .insert([try EventStoreConformance.request("r")], position: 5)
        let (again, other) = (try Self.store(url), try Self.store(url, logger: "two"))
        #expect(try await again.position() == 5)
        #expect(try await other.position() == 0)
        #expect(try await other.exchanges(requestID: "r").count == 1)
    }

    @Test func `two loggers at once join halves, drop repetitions and number events without gaps`() async throws {
        let url = try await PostgreSQLServer.shared.database()
        let suites = try ["one", "two"].map { EventStoreConformance(store: try Self.store(url, logger: $0)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, suite) in suites.enumerated() {
                group.addTask {
                    for number in 0..<40 {
                        // Both get all requests, and each half of the responses.
                        var events = try (0..<5).map { try EventStoreConformance.request("r\(number)-\($0)") }
                        if number % 2 == index {
                            events += try (0..<5).map { try EventStoreConformance.response("r\(number)-\($0)") }
                        }
                        try await suite.insert(events, position: UInt64(number))
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = suites[0].store
        let exchanges = try await store.exchanges(ExchangeQuery(limit: 1000)).items
        #expect(exchanges.count == 200)
        #expect(exchanges.allSatisfy { $0.request != nil && $0.response != nil && $0.attempt == 1 })
        let events = try await store.events(EventQuery(order: .oldestFirst, limit: 1000)).items
        #expect(events.map(\.sequence) == Array(1...400))
        #expect(try await store.models().map(\.exchanges) == [200])
    }

    @Test func `one logger has the errands, and another when its connection ends`() async throws {
        let server = try await PostgreSQLServer.shared
        let url = try await server.database()
        let (one, two) = (try Self.store(url), try Self.store(url, logger: "two"))
        let errand = Errand(purpose: .route, document: ["alert": "a"], dueAt: EventStoreConformance.arrival)
        try await two.write { transaction in try transaction.add(errand) }
        func due(_ store: PostgreSQLEventStore) async throws -> Int {
            try await store.errands(.route, dueAt: EventStoreConformance.arrival, limit: 9).count
        }
        #expect(try await due(one) == 1)
        #expect(try await due(one) == 1)
        #expect(try await due(two) == 0)
        try await server.sql(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
            WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """,
            in: url
        )
        #expect(try await due(two) == 1)
        // The first finds its connection gone, makes another, and leaves the errands to the second.
        await #expect(throws: EventStoreError.self) { _ = try await one.position() }
        #expect(try await due(one) == 0)
    }

    @Test func `deletes give their bytes back`() async throws {
        let suite = EventStoreConformance(store: try Self.store(try await PostgreSQLServer.shared.database()))
        #expect(try await suite.store.bytes() == 0)
        try await suite.insert(try (0..<10).map { try EventStoreConformance.request("r\($0)") })
        #expect(try await suite.store.bytes() > 3000)
        _ = try await suite.store.trim(arrivedBefore: EventStoreConformance.arrival + .seconds(60), limit: 100)
        #expect(try await suite.store.bytes() == 0)
    }

    @Test func `counts the exchanges of tables from before they were counted`() async throws {
        let server = try await PostgreSQLServer.shared
        let url = try await server.database()
        let query = TrafficQuery(since: EventStoreConformance.minute, step: .seconds(60), count: 10)
        var counted: [TrafficStep] = []
        do {
            let suite = EventStoreConformance(store: try Self.store(url))
            for number in 0..<50 {
                try await suite.insert([
                    try EventStoreConformance.request("r\(number)", at: Double(number)),
                    try EventStoreConformance.response("r\(number)", at: Double(number) + 0.01),
                ])
            }
            counted = try await suite.store.traffic(query)
            #expect(counted.map(\.exchanges) == [40, 10])
        }
        try await server.sql(
            """
            DROP TABLE vedette.traffic; ALTER TABLE vedette.counters DROP emptied; ALTER TABLE vedette.exchanges DROP trace;
            UPDATE vedette.counters SET version = 2
            """,
            in: url
        )
        #expect(try await Self.store(url).traffic(query) == counted)
    }

    @Test func `refuses tables of a newer version`() async throws {
        let server = try await PostgreSQLServer.shared
        let url = try await server.database()
        _ = try Self.store(url)
        try await server.sql("UPDATE vedette.counters SET version = 99", in: url)
        let error = #expect(throws: EventStoreError.self) { try Self.store(url) }
        #expect(error?.code == .unavailable && error?.message.contains("99") == true)
    }

    @Test func `refuses a server that is not there, a database that is not, and a user who may not write`() async throws
    {
        let server = try await PostgreSQLServer.shared
        let url = try await server.database()
        for text in [
            "postgresql://nobody@/x?host=/nonexistent", url.replacing("/d", with: "/none-d", maxReplacements: 1),
        ] {
            let error = #expect(throws: EventStoreError.self) { try Self.store(text) }
            #expect(error?.code == .unavailable && error?.remedy.isEmpty == false)
        }
        try await server.sql("CREATE ROLE reader LOGIN", in: url)
        let error = #expect(throws: EventStoreError.self) { try Self.store(url.replacing("vedette@", with: "reader@")) }
        #expect(error?.code == .unwritable)
    }

    @Test(arguments: ["postgres://u:secret@h/d", "postgres://u@h/d?password=x", "mysql://h/d", "postgres://h/a b"])
    func `takes no address with a password, and none that is not PostgreSQL's`(text: String) {
        #expect(PostgreSQLAddress(text) == nil)
    }
}
