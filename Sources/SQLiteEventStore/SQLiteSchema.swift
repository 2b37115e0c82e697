import EventStore
package import GRDB

/// The tables, and how a file of an older version becomes one of this version.
///
/// What the hot path pays for is kept small: an event costs one row and three index entries (its fingerprint, its
/// arrival and its model), an exchange one row and four; all but one of these are added at or near an index's end. Verdicts, explanations and labels, which are fewer, have indexes of their
/// own that leave requests and responses out.
package enum SQLiteSchema {
    /// "VEDE": how a file says that it is ours.
    static let applicationID: Int32 = 0x5645_4445

    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: events, exchanges, alerts, errands") { database in
            try database.execute(sql: first)
        }
        migrator.registerMigration("2: payloads compressed, large ones in files; an index for each filter") {
            database in
            try database.execute(sql: second)
        }
        migrator.registerMigration("3: what an exchange stands for") { database in
            // Exchanges that are there already stand for themselves: their rate is in their events alone.
            try database.execute(sql: "ALTER TABLE exchanges ADD COLUMN weight REAL NOT NULL DEFAULT 1")
        }
        migrator.registerMigration("4: incidents") { database in
            // An alert of before has an incident of its own, by the hexadecimal part of its id.
            try database.execute(
                sql: """
                    ALTER TABLE alerts ADD COLUMN incident TEXT NOT NULL DEFAULT '';
                    UPDATE alerts SET incident = 'incident-' || REPLACE(id, 'alert-', '');
                    CREATE INDEX alerts_by_incident ON alerts (incident, opened);
                    """
            )
        }
        migrator.registerMigration("5: exchanges counted as they come; payloads that go before their rows; traces") {
            database in
            try database.execute(sql: fifth)
            try TrafficChanges.fill(from: database)
        }
        return migrator
    }

    private static let first = """
        PRAGMA application_id = \(applicationID);

        CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
        INSERT INTO progress VALUES (1, 0);

        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            fingerprint BLOB NOT NULL UNIQUE,  -- 16 bytes of SHA-256 of source, id and type: what makes an event the same
            kind INTEGER NOT NULL,             -- EventKind
            id TEXT NOT NULL,
            type TEXT NOT NULL,
            arrived INTEGER NOT NULL,          -- nanoseconds since 1970
            namespace TEXT,
            model TEXT,
            monitor TEXT,
            requestid TEXT,
            flags INTEGER NOT NULL,            -- VerdictKind bits of a verdict that flagged what it judged
            attributes BLOB NOT NULL,          -- the event without its data, as JSON
            payload BLOB                       -- the data, whole and as it came
        );
        CREATE INDEX events_by_arrival ON events (arrived);
        CREATE INDEX events_by_kind ON events (kind, sequence) WHERE kind > 2;
        CREATE INDEX events_by_id ON events (id) WHERE kind > 2;
        CREATE INDEX events_flagged ON events (monitor, sequence) WHERE flags != 0;
        CREATE INDEX events_by_request ON events (requestid) WHERE kind > 2 AND requestid IS NOT NULL;

        CREATE TABLE exchanges (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            requestid TEXT NOT NULL,
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            component TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            began INTEGER NOT NULL,            -- nanoseconds since 1970
            version TEXT,
            status INTEGER,
            latency REAL,                      -- milliseconds
            flags INTEGER NOT NULL DEFAULT 0,  -- VerdictKind bits
            request INTEGER,                   -- events.sequence
            response INTEGER                   -- events.sequence
        );
        CREATE UNIQUE INDEX exchanges_by_key
            ON exchanges (requestid, namespace, model, component, endpoint, attempt);
        CREATE INDEX exchanges_by_time ON exchanges (began, sequence);
        CREATE INDEX exchanges_by_model ON exchanges (model, namespace, began, sequence);
        CREATE INDEX exchanges_flagged ON exchanges (began, sequence) WHERE flags != 0;

        CREATE TABLE models (
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            exchanges INTEGER NOT NULL DEFAULT 0,
            estimated REAL NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            labels INTEGER NOT NULL DEFAULT 0,
            seen INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (namespace, model, version)
        ) WITHOUT ROWID;

        CREATE TABLE model_flags (
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            kind TEXT NOT NULL,
            exchanges INTEGER NOT NULL,
            PRIMARY KEY (namespace, model, version, kind)
        ) WITHOUT ROWID;

        CREATE TABLE alerts (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            monitor TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            severity TEXT NOT NULL,
            opened INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            document BLOB NOT NULL             -- Alert.json
        );
        -- What the contract promises, kept by the store itself.
        CREATE UNIQUE INDEX alerts_unclosed ON alerts (namespace, model, endpoint, monitor) WHERE state != 'closed';
        CREATE INDEX alerts_by_key ON alerts (namespace, model, endpoint, monitor, opened);
        CREATE INDEX alerts_by_time ON alerts (opened, sequence);

        CREATE TABLE errands (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            purpose TEXT NOT NULL,
            document BLOB NOT NULL,
            attempts INTEGER NOT NULL,
            due INTEGER NOT NULL
        );
        CREATE INDEX errands_by_time ON errands (purpose, due);
        """

    private static let second = """
        ALTER TABLE events ADD COLUMN form INTEGER NOT NULL DEFAULT 0;  -- StoredPayload.Form

        CREATE TABLE files (
            hash BLOB PRIMARY KEY,             -- SHA-256 of the data, as events.payload of such a form
            form INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            uses INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX files_unused ON files (hash) WHERE uses <= 0;

        -- One writer gives out the attempts, so the key needs no index of its own to be unique.
        DROP INDEX exchanges_by_key;
        CREATE INDEX exchanges_by_request ON exchanges (requestid);
        DROP INDEX exchanges_by_model;
        CREATE INDEX exchanges_by_model ON exchanges (model, began, sequence);
        CREATE INDEX exchanges_by_namespace ON exchanges (namespace, began, sequence);
        CREATE INDEX exchanges_flagged_by_model ON exchanges (model, began, sequence) WHERE flags != 0;
        CREATE INDEX events_by_model ON events (model, sequence);
        CREATE INDEX events_by_monitor ON events (monitor, sequence) WHERE monitor IS NOT NULL;
        CREATE INDEX events_of_windows ON events (kind, sequence) WHERE kind > 2 AND requestid IS NULL;
        """

    private static let fifth = """
        CREATE TABLE traffic (
            unit INTEGER NOT NULL,             -- TrafficUnit, in seconds
            start INTEGER NOT NULL,            -- seconds since 1970
            namespace TEXT NOT NULL,
            model TEXT NOT NULL,
            version TEXT NOT NULL,
            exchanges INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            timed INTEGER NOT NULL,
            milliseconds REAL NOT NULL,
            slowest REAL,
            flagged INTEGER NOT NULL,
            served REAL NOT NULL,
            servedFailures REAL NOT NULL,
            servedTimed REAL NOT NULL,
            servedMilliseconds REAL NOT NULL,
            servedFlagged REAL NOT NULL,
            latencies BLOB NOT NULL,           -- LatencySketch
            PRIMARY KEY (unit, start, namespace, model, version)
        ) WITHOUT ROWID;
        CREATE INDEX traffic_by_model ON traffic (unit, model, start);

        -- Up to which event the payloads of requests and responses are gone.
        ALTER TABLE progress ADD COLUMN emptied INTEGER NOT NULL DEFAULT 0;

        -- The last eight bytes of a trace id: those that are drawn at random.
        ALTER TABLE exchanges ADD COLUMN trace INTEGER;
        CREATE INDEX exchanges_by_trace ON exchanges (trace) WHERE trace IS NOT NULL;
        """
}
