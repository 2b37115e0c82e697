import CloudEvents
import EventStore

extension TrafficChanges {
    /// Adds them to the table; latencies are added up here, since SQL knows nothing of them.
    ///
    /// - Complexity: Two exchanges with the server, whatever the number of places.
    func write(to connection: PostgreSQLConnection) throws {
        let all = sums
        guard !all.isEmpty else { return }
        var known: [Int: LatencySketch] = [:]
        let places: [PostgreSQLValue] = [
            .init(all.map(\.place.unit.rawValue)), .init(all.map(\.place.start)), .init(all.map(\.place.namespace)),
            .init(all.map(\.place.model)), .init(all.map(\.place.version)),
        ]
        // OFFSET 0 keeps the server from joining in another way than by the index, a place at a time.
        let rows = try connection.query(
            """
            SELECT wanted.place, found.latencies
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
            AS wanted (unit, start, namespace, model, version, place), LATERAL (
                SELECT latencies FROM traffic WHERE traffic.unit = wanted.unit AND traffic.start = wanted.start
                AND md5(traffic.namespace) = md5(wanted.namespace) AND md5(traffic.model) = md5(wanted.model)
                AND md5(traffic.version) = md5(wanted.version) OFFSET 0
            ) AS found
            """,
            places
        )
        for row in rows {
            known[Int(row.integer("place") ?? 0) - 1] = try LatencySketch(bytes: row.bytes("latencies") ?? [])
        }
        var latencies: [[UInt8]] = []
        for (index, (_, sums)) in all.enumerated() {
            var whole = sums.latencies
            if let before = known[index] { whole += before }
            latencies.append(whole.bytes)
        }
        func counts(_ field: (TrafficSums) -> Int) -> PostgreSQLValue { .init(all.map { Int64(field($0.sums)) }) }
        func numbers(_ field: (TrafficSums) -> Double) -> PostgreSQLValue {
            .init(all.map { Optional(field($0.sums)) })
        }
        // By arrays and not by COPY into a table of the session, whose dead rows would be read again each time.
        try connection.query(
            """
            INSERT INTO traffic SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::float8[], $10::float8[], $11::bigint[], $12::float8[],
            $13::float8[], $14::float8[], $15::float8[], $16::float8[], $17::bytea[])
            ON CONFLICT (unit, start, md5(namespace), md5(model), md5(version)) DO UPDATE SET
            exchanges = traffic.exchanges + excluded.exchanges, failures = traffic.failures + excluded.failures,
            timed = traffic.timed + excluded.timed, milliseconds = traffic.milliseconds + excluded.milliseconds,
            slowest = GREATEST(traffic.slowest, excluded.slowest), flagged = traffic.flagged + excluded.flagged,
            served = traffic.served + excluded.served,
            servedfailures = traffic.servedfailures + excluded.servedfailures,
            servedtimed = traffic.servedtimed + excluded.servedtimed,
            servedmilliseconds = traffic.servedmilliseconds + excluded.servedmilliseconds,
            servedflagged = traffic.servedflagged + excluded.servedflagged, latencies = excluded.latencies
            """,
            places + [
                counts(\.exchanges), counts(\.failures), counts(\.timed), numbers(\.milliseconds),
                .init(all.map(\.sums.slowest)),
                counts(\.flagged), numbers(\.served.exchanges), numbers(\.served.failures), numbers(\.served.timed),
                numbers(\.served.milliseconds), numbers(\.served.flagged), .init(hexadecimal: latencies),
            ]
        )
    }

    /// Counts the exchanges that are there already, for tables from before they were counted as they came.
    static func fill(on connection: PostgreSQLConnection) throws {
        var changes = TrafficChanges()
        var last: Int64 = -1
        while true {
            let rows = try connection.query(
                "SELECT * FROM exchanges WHERE sequence > $1 ORDER BY sequence LIMIT 10000",
                [.init(last)]
            )
            for row in rows {
                let draft = ExchangeDrafts.Draft(row: row)
                changes.replace(nil, by: draft.counted)
                last = draft.outline.sequence
            }
            if rows.isEmpty || changes.count >= 5000 {  // what is in memory has a bound
                try changes.write(to: connection)
                changes = TrafficChanges()
            }
            if rows.isEmpty { return }
        }
    }
}
