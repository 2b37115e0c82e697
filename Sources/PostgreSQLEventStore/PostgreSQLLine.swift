import Dispatch
import EventStore

/// A connection that is made again when it is lost, with a thread for what blocks on it.
///
/// Work is done one after another, in the order it came.
final class PostgreSQLLine: @unchecked Sendable {  // `connection` is touched on `queue` alone
    private let address: PostgreSQLAddress
    private let isWriter: Bool
    private let queue: DispatchQueue
    private var connection: PostgreSQLConnection?

    init(_ address: PostgreSQLAddress, isWriter: Bool) {
        self.address = address
        self.isWriter = isWriter
        queue = DispatchQueue(label: isWriter ? "postgresql-writer" : "postgresql-reader")
    }

    /// Runs work on the thread of the connection.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work(try self.open()) }) }
        }
    }

    /// Runs work and waits; for the start of a process only.
    func runBlocking<Value: Sendable>(_ work: @Sendable (PostgreSQLConnection) throws -> Value) throws -> Value {
        try queue.sync { try work(try open()) }
    }

    private func open() throws -> PostgreSQLConnection {
        if let connection, connection.isOpen { return connection }
        connection = nil
        let fresh = try PostgreSQLConnection(address)
        try fresh.execute(Self.session)
        if isWriter {
            try PostgreSQLSchema.prepare(fresh)
            try fresh.execute(Self.writerSession)
        }
        connection = fresh
        return fresh
    }

    /// Every query has an index that serves it and its order, whatever the planner thinks of tables that were empty a
    /// moment ago: it would gather all rows of a model and sort them to give the newest hundred.
    private static let session = """
        SET client_min_messages = warning; SET search_path TO vedette; SET jit = off; SET statement_timeout = '60s';
        SET default_transaction_isolation = 'read committed'; SET enable_seqscan = off; SET enable_bitmapscan = off
        """

    /// One that stopped in the midst of a transaction must not hold up the others; and a commit is one that survives.
    private static let writerSession = """
        SET idle_in_transaction_session_timeout = '30s';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
        CREATE TEMPORARY TABLE changes (LIKE vedette.exchanges) ON COMMIT DELETE ROWS
        """
}
