import EventStore

/// The tables, in a schema `vedette` of their own, and how they come to be.
///
/// They are those of the file store, with three differences. Numbers of rows are given out by the writing transaction
/// and not by sequences, so they have the order of the commits, and who reads on after a number misses nothing. Exchanges
/// hold the ids of their events. And an index holds a hash of a text that may be long, since an entry has room for 2,700
/// bytes; whoever looks for the text asks for both.
enum PostgreSQLSchema {
    static let version: Int64 = 3

    /// "VEDE": the number of the advisory lock that a writing transaction holds.
    static let writerLock: Int64 = 0x5645_4445
    /// The number of the advisory lock of the logger that sends alerts.
    static let courierLock: Int64 = 0x5645_4446

    /// Makes what is missing; several loggers may do so at once.
    ///
    /// - Throws: `.unavailable` when a newer version made the tables, `.unwritable` when this user may not make them.
    static func prepare(_ connection: PostgreSQLConnection) throws {
        try connection.execute("BEGIN; SELECT pg_advisory_xact_lock(\(writerLock))")
        let there = try connection.query("SELECT 1::bigint AS one FROM pg_namespace WHERE nspname = 'vedette'")
        if there.isEmpty { try connection.execute("CREATE SCHEMA vedette") }
        try connection.execute("SET search_path TO vedette")
        if try connection.query("SELECT to_regclass('vedette.counters')::text AS name").first?.text("name") == nil {
            try connection.execute(tables)
        }
        var found = try connection.query("SELECT version FROM counters").first?.integer("version") ?? 0
        if found == 1 {
            try connection.execute(incidents)
            found = 2
        }
        if found == 2 {
            // An index of many exchanges may take longer than a query may: it would never be made.
            try connection.execute("SET LOCAL statement_timeout = 0")
            try connection.execute(traffic)
            try TrafficChanges.fill(on: connection)
            found = 3
        }
        guard found == version else {
            throw EventStoreError(
                .unavailable,
                "the tables of the schema vedette have version \(found), this request-logger knows \(version)",
                remedy: "Use the request-logger that made them, or another database"
            )
        }
        try connection.execute("COMMIT")
    }

    /// From version 1: an alert of before has an incident of its own, by the hexadecimal part of its id.
    private static let incidents = """
        ALTER TABLE alerts ADD COLUMN incident TEXT NOT NULL DEFAULT '';
        UPDATE alerts SET incident = 'incident-' || REPLACE(id, 'alert-', '');
        CREATE INDEX alerts_by_incident ON alerts (md5(incident), opened);
        UPDATE counters SET version = 2;
        """

    /// From version 2: exchanges are counted as they come, payloads may go before their rows, and traces are found.
    private static let traffic = """
        CREATE TABLE traffic (
            unit BIGINT NOT NULL,              -- TrafficUnit, in seconds
            start BIGINT NOT NULL,             -- seconds since 1970
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            exchanges BIGINT NOT NULL,
            failures BIGINT NOT NULL,
            timed BIGINT NOT NULL,
            milliseconds DOUBLE PRECISION NOT NULL,
            slowest DOUBLE PRECISION,
            flagged BIGINT NOT NULL,
            served DOUBLE PRECISION NOT NULL,
            servedfailures DOUBLE PRECISION NOT NULL,
            servedtimed DOUBLE PRECISION NOT NULL,
            servedmilliseconds DOUBLE PRECISION NOT NULL,
            servedflagged DOUBLE PRECISION NOT NULL,
            latencies BYTEA NOT NULL           -- LatencySketch
        ) WITH (fillfactor = 50);  -- a row of now is written again by each transaction: its next version fits beside it
        CREATE UNIQUE INDEX traffic_by_name ON traffic (unit, start, md5(namespace), md5(model), md5(version));
        CREATE INDEX traffic_by_model ON traffic (unit, hashtextextended(model, 0), start);

        -- Up to which event the payloads of requests and responses are gone.
        ALTER TABLE counters ADD COLUMN emptied BIGINT NOT NULL DEFAULT 0;

        -- TraceID.key
        ALTER TABLE exchanges ADD COLUMN trace BIGINT;
        CREATE INDEX exchanges_by_trace ON exchanges (trace) WHERE trace IS NOT NULL;
        UPDATE counters SET version = 3;
        """

    private static let tables = """
        CREATE TABLE counters (
            one BIGINT PRIMARY KEY CHECK (one = 1),
            version BIGINT NOT NULL,
            event BIGINT NOT NULL,             -- the newest events.sequence
            exchange BIGINT NOT NULL,          -- the newest exchanges.sequence
            alert BIGINT NOT NULL,
            errand BIGINT NOT NULL,
            bytes BIGINT NOT NULL              -- of all events, as PostgreSQLTransaction counts them
        );
        INSERT INTO counters VALUES (1, 2, 0, 0, 0, 0, 0);  -- what the version above adds comes after

        CREATE TABLE progress (logger TEXT PRIMARY KEY, position BIGINT NOT NULL);

        CREATE TABLE events (
            sequence BIGINT PRIMARY KEY,
            fingerprint BYTEA NOT NULL UNIQUE, -- 16 bytes of SHA-256 of source, id and type
            kind BIGINT NOT NULL,
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            arrived BIGINT NOT NULL,           -- nanoseconds since 1970
            namespace TEXT,
            model TEXT,
            monitor TEXT,
            requestid TEXT,
            flags BIGINT NOT NULL,
            attributes BYTEA NOT NULL,
            form BIGINT NOT NULL,              -- StoredPayload.Form
            payload BYTEA
        );
        ALTER TABLE events ALTER payload SET STORAGE EXTERNAL;  -- what can be compressed is
        CREATE INDEX events_by_arrival ON events (arrived);
        CREATE INDEX events_by_kind ON events (kind, sequence) WHERE kind > 2;
        CREATE INDEX events_by_id ON events (hashtextextended(id, 0)) WHERE kind > 2;
        CREATE INDEX events_flagged ON events (hashtextextended(monitor, 0), sequence) WHERE flags != 0;
        CREATE INDEX events_by_request ON events (requestid) WHERE kind > 2 AND requestid IS NOT NULL;
        CREATE INDEX events_by_model ON events (hashtextextended(model, 0), sequence);
        CREATE INDEX events_by_monitor ON events (hashtextextended(monitor, 0), sequence) WHERE monitor IS NOT NULL;
        CREATE INDEX events_of_windows ON events (kind, sequence) WHERE kind > 2 AND requestid IS NULL;

        CREATE TABLE exchanges (
            sequence BIGINT PRIMARY KEY,
            requestid TEXT NOT NULL,
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            component TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            attempt BIGINT NOT NULL,
            began BIGINT NOT NULL,             -- nanoseconds since 1970
            version TEXT,
            status BIGINT,
            latency DOUBLE PRECISION,          -- milliseconds
            flags BIGINT NOT NULL,
            request BIGINT,                    -- events.sequence
            response BIGINT,
            requestevent TEXT,                 -- events.id
            responseevent TEXT,
            weight DOUBLE PRECISION NOT NULL   -- how many exchanges it stands for: sampledrate
        ) WITH (fillfactor = 85);
        CREATE INDEX exchanges_by_request ON exchanges (requestid);
        CREATE INDEX exchanges_by_time ON exchanges (began, sequence);
        CREATE INDEX exchanges_by_model ON exchanges (hashtextextended(model, 0), began, sequence);
        CREATE INDEX exchanges_by_namespace ON exchanges (hashtextextended(namespace, 0), began, sequence);
        CREATE INDEX exchanges_flagged ON exchanges (began, sequence) WHERE flags != 0;
        CREATE INDEX exchanges_flagged_by_model ON exchanges (hashtextextended(model, 0), began, sequence) WHERE flags != 0;

        CREATE TABLE models (
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            exchanges BIGINT NOT NULL,
            estimated DOUBLE PRECISION NOT NULL,
            failures BIGINT NOT NULL,
            labels BIGINT NOT NULL,
            seen BIGINT NOT NULL
        );
        CREATE UNIQUE INDEX models_by_name ON models (md5(namespace), md5(model), md5(version));

        CREATE TABLE model_flags (
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            kind TEXT NOT NULL,
            exchanges BIGINT NOT NULL
        );
        CREATE UNIQUE INDEX model_flags_by_name ON model_flags (md5(namespace), md5(model), md5(version), kind);

        CREATE TABLE alerts (
            sequence BIGINT PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            monitor TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            severity TEXT NOT NULL,
            opened BIGINT NOT NULL,
            updated BIGINT NOT NULL,
            document BYTEA NOT NULL,
            incident TEXT NOT NULL
        );
        CREATE UNIQUE INDEX alerts_unclosed ON alerts (md5(namespace), md5(model), md5(endpoint), md5(monitor))
            WHERE state != 'closed';
        CREATE INDEX alerts_by_key ON alerts (md5(namespace), md5(model), md5(endpoint), md5(monitor), opened);
        CREATE INDEX alerts_by_time ON alerts (opened, sequence);
        CREATE INDEX alerts_by_incident ON alerts (md5(incident), opened);

        CREATE TABLE errands (
            sequence BIGINT PRIMARY KEY,
            purpose TEXT NOT NULL,
            document BYTEA NOT NULL,
            attempts BIGINT NOT NULL,
            due BIGINT NOT NULL
        );
        CREATE INDEX errands_by_time ON errands (purpose, due);
        """
}
