import CloudEvents
import EventStore

extension TrafficChanges {
    /// Adds them to the table; latencies are added up here, since SQL knows nothing of them.
    ///
    /// - Complexity: Four exchanges with the server, whatever the number of places.
    func write(to connection: PostgreSQLConnection) throws {
        let all = sums
        guard !all.isEmpty else { return }
        var known: [Int: LatencySketch] = [:]
        let rows = try connection.query(
            """
            SELECT wanted.place, traffic.latencies
            FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
            AS wanted (unit, start, namespace, model, version, place)
            JOIN traffic ON traffic.unit = wanted.unit AND traffic.start = wanted.start
            AND md5(traffic.namespace) = md5(wanted.namespace) AND md5(traffic.model) = md5(wanted.model)
            AND md5(traffic.version) = md5(wanted.version)
            """,
            [
                .init(all.map(\.place.unit.rawValue)), .init(all.map(\.place.start)),
                .init(all.map(\.place.namespace)), .init(all.map(\.place.model)), .init(all.map(\.place.version)),
            ]
        )
        for row in rows {
            known[Int(row.integer("place") ?? 0) - 1] = try LatencySketch(bytes: row.bytes("latencies") ?? [])
        }
        var copied = PostgreSQLCopyRows(columns: 17, capacity: all.count * 400)
        for (index, (place, sums)) in all.enumerated() {
            var whole = sums
            if let before = known[index] { whole.latencies += before }
            copied.add(place, whole)
        }
        try connection.copy(into: "units", copied)
        try connection.execute(
            """
            INSERT INTO traffic SELECT * FROM units
            ON CONFLICT (unit, start, md5(namespace), md5(model), md5(version)) DO UPDATE SET
            exchanges = traffic.exchanges + excluded.exchanges, failures = traffic.failures + excluded.failures,
            timed = traffic.timed + excluded.timed, milliseconds = traffic.milliseconds + excluded.milliseconds,
            slowest = GREATEST(traffic.slowest, excluded.slowest), flagged = traffic.flagged + excluded.flagged,
            served = traffic.served + excluded.served,
            servedfailures = traffic.servedfailures + excluded.servedfailures,
            servedtimed = traffic.servedtimed + excluded.servedtimed,
            servedmilliseconds = traffic.servedmilliseconds + excluded.servedmilliseconds,
            servedflagged = traffic.servedflagged + excluded.servedflagged, latencies = excluded.latencies;
            DELETE FROM units
            """
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

extension PostgreSQLCopyRows {
    /// Adds a row of the table `traffic`.
    fileprivate mutating func add(_ place: TrafficChanges.Place, _ sums: TrafficSums) {
        startRow()
        add(place.unit.rawValue)
        add(place.start)
        for text in [place.namespace, place.model, place.version] { add(text) }
        for count in [sums.exchanges, sums.failures, sums.timed] { add(Int64(count)) }
        add(sums.milliseconds)
        add(sums.slowest)
        add(Int64(sums.flagged))
        let served = sums.served
        for sum in [served.exchanges, served.failures, served.timed, served.milliseconds, served.flagged] { add(sum) }
        add(sums.latencies.bytes)
    }
}
