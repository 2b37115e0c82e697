import CloudEvents
package import EventStore
import JSON

extension PostgreSQLEventStore {
    package func exchanges(_ query: ExchangeQuery) async throws -> Page<Exchange> {
        let flags = try query.flagBits
        return try await read { connection in
            var condition = PostgreSQLCondition()
            condition.add("namespace", equals: query.namespace)
            condition.add("model", equals: query.model)
            condition.add("began >=", query.since.map { .init($0.nanoseconds) })
            condition.add("began <", query.until.map { .init($0.nanoseconds) })
            if let flags {
                condition.add("flags != 0")  // lets the partial index serve
                condition.add("0 != flags &", .init(flags))
            }
            if let trace = query.trace {
                // Ordered by a sum below, so that no index gives the order: a planner without statistics would read all
                // exchanges by time for the few of a trace.
                condition.add("trace IS NOT NULL")
                condition.add("trace =", .init(trace.key))
            }
            if let cursor = query.cursor {
                condition.add("(began, sequence) <", .init(cursor.time), .init(cursor.sequence))
            }
            let rows = try connection.query(
                """
                SELECT * FROM exchanges \(condition.sql)
                ORDER BY \(query.trace == nil ? "began" : "began + 0") DESC, sequence DESC LIMIT \(query.limit + 1)
                """,
                condition.parameters
            )
            let page = Page(rows.map(ExchangeDrafts.Draft.init(row:)), limit: query.limit) {
                PageCursor(time: $0.outline.began?.nanoseconds ?? 0, sequence: $0.outline.sequence)
            }
            let documents = try Self.documents(of: page.items, on: connection)
            return Page(items: documents.filter { query.trace.map($0.isPart) ?? true }, next: page.next)
        }
    }

    package func exchanges(requestID: String) async throws -> [Exchange] {
        try await read { connection in
            let drafts = try Self.drafts(requestIDs: [requestID], on: connection)
            let documents = try Self.documents(of: drafts, on: connection).sorted {
                ($0.time.nanoseconds, $0.attempt, $0.sequence) < ($1.time.nanoseconds, $1.attempt, $1.sequence)
            }
            let remarks = try Self.remarks(requestIDs: [requestID], on: connection)[requestID] ?? []
            return documents + Exchange.early(remarks, requestID: requestID, besides: drafts.map(\.outline))
        }
    }

    /// The exchanges of request ids, in the order of their attempts.
    private static func drafts(
        requestIDs: Set<String>,
        on connection: PostgreSQLConnection
    ) throws -> [ExchangeDrafts.Draft] {
        try connection.query(
            "SELECT * FROM exchanges WHERE requestid = ANY ($1::text[]) ORDER BY attempt, sequence",
            [.init(requestIDs)]
        ).map(ExchangeDrafts.Draft.init(row:))
    }

    /// Fills in the parts of exchanges.
    ///
    /// - Complexity: Three queries, whatever the number of exchanges.
    private static func documents(
        of drafts: [ExchangeDrafts.Draft],
        on connection: PostgreSQLConnection
    ) throws -> [Exchange] {
        let sequences = drafts.flatMap { [$0.request, $0.response] }.compactMap { $0 }
        var halves: [Int64: StoredEvent] = [:]
        for row in try connection.query("SELECT * FROM events WHERE sequence = ANY ($1::bigint[])", [.init(sequences)])
        {
            let event = try StoredEvent(row: row)
            halves[event.sequence] = event
        }
        let remarks = try remarks(requestIDs: Set(drafts.map(\.outline.key.requestID)), on: connection)
        let outlines = Dictionary(
            grouping: try self.drafts(requestIDs: Set(remarks.keys), on: connection).map(\.outline),
            by: \.key.requestID
        )
        return drafts.map { draft in
            var exchange = Exchange(draft)
            exchange.request = draft.request.flatMap { halves[$0] }
            exchange.response = draft.response.flatMap { halves[$0] }
            let requestID = exchange.key.requestID
            exchange.addOwn(remarks[requestID] ?? [], among: outlines[requestID] ?? [])
            return exchange
        }
    }

    /// Verdicts, explanations and labels by request id, in the order of their arrival.
    private static func remarks(
        requestIDs: Set<String>,
        on connection: PostgreSQLConnection
    ) throws -> [String: [StoredEvent]] {
        var found: [String: [StoredEvent]] = [:]
        let rows = try connection.query(
            """
            SELECT * FROM events WHERE requestid = ANY ($1::text[]) AND kind > 2 AND requestid IS NOT NULL
            """,
            [.init(requestIDs)]
        )
        for row in rows { found[row.text("requestid") ?? "", default: []].append(try StoredEvent(row: row)) }
        // Asked for in this order, the server might read the whole table in it.
        return found.mapValues { $0.sorted { $0.sequence < $1.sequence } }
    }

    /// The events of a request and those that speak about it.
    private static func sequences(requestID: String, on connection: PostgreSQLConnection) throws -> [Int64] {
        try connection.query(
            """
            SELECT sequence FROM events WHERE requestid = $1 AND kind > 2 AND requestid IS NOT NULL
            UNION SELECT request FROM exchanges WHERE requestid = $1
            UNION SELECT response FROM exchanges WHERE requestid = $1
            """,
            [.text(requestID)]
        ).compactMap { $0.integer("sequence") }
    }

    package func events(_ query: EventQuery) async throws -> Page<StoredEvent> {
        try await read { connection in
            var condition = PostgreSQLCondition()
            if let kinds = query.effectiveKinds {
                if kinds.allSatisfy({ !$0.isHalf }) { condition.add("kind > 2") }  // lets the partial indexes serve
                if kinds.count == 1 {
                    condition.add("kind =", kinds.first.map { .init($0.rawValue) })
                } else {
                    condition.add("kind = ANY", .init(kinds.map { Int64($0.rawValue) }), type: "bigint[]")
                }
            }
            condition.add("type =", query.type.map { .text($0) })
            condition.add("namespace =", query.namespace.map { .text($0) })
            condition.add("model", equals: query.model)
            condition.add("monitor", equals: query.monitor)
            condition.add("arrived >=", query.since.map { .init($0.nanoseconds) })
            condition.add("arrived <", query.until.map { .init($0.nanoseconds) })
            if query.flaggedOnly { condition.add("flags != 0") }
            if let isAbout = query.isAboutRequest { condition.add("requestid IS \(isAbout ? "NOT " : "")NULL") }
            if let ids = query.ids {
                condition.add(
                    """
                    hashtextextended(id, 0) IN (SELECT hashtextextended(wanted, 0) FROM unnest($::text[]) AS wanted)
                    AND id = ANY ($::text[])
                    """,
                    replacing: .init(ids)
                )
            }
            if let requestID = query.requestID {
                let sequences = try Self.sequences(requestID: requestID, on: connection)
                condition.add("sequence = ANY", .init(sequences), type: "bigint[]")
            }
            let isNewestFirst = query.order == .newestFirst
            condition.add(isNewestFirst ? "sequence <" : "sequence >", query.cursor.map { .init($0.sequence) })
            let rows = try connection.query(
                """
                SELECT * FROM events \(condition.sql)
                ORDER BY sequence \(isNewestFirst ? "DESC" : "ASC") LIMIT \(query.limit + 1)
                """,
                condition.parameters
            )
            return Page(try rows.map(StoredEvent.init(row:)), limit: query.limit) {
                PageCursor(time: 0, sequence: $0.sequence)
            }
        }
    }

    package func newestSequence() async throws -> Int64 {
        try await read { try $0.query("SELECT MAX(sequence) AS newest FROM events").first?.integer("newest") ?? 0 }
    }

    package func alerts(_ query: AlertQuery) async throws -> Page<Alert> {
        try await read { connection in
            var condition = PostgreSQLCondition()
            if let states = query.states { condition.add("state = ANY", .init(states.map(\.rawValue)), type: "text[]") }
            condition.add("namespace =", query.namespace.map { .text($0) })
            condition.add("model =", query.model.map { .text($0) })
            condition.add("kind =", query.kind.map { .text($0) })
            condition.add("updated >=", query.since.map { .init($0.nanoseconds) })
            if let cursor = query.cursor {
                condition.add("(opened, sequence) <", .init(cursor.time), .init(cursor.sequence))
            }
            let rows = try connection.query(
                "SELECT * FROM alerts \(condition.sql) ORDER BY opened DESC, sequence DESC LIMIT \(query.limit + 1)",
                condition.parameters
            )
            let page = Page(rows, limit: query.limit) {
                PageCursor(time: $0.integer("opened") ?? 0, sequence: $0.integer("sequence") ?? 0)
            }
            return Page(items: try page.items.map(Alert.init(row:)), next: page.next)
        }
    }

    package func alert(id: String) async throws -> Alert? { try await read { try Alert.fetch($0, id: id) } }

    package func incidents(_ query: IncidentQuery) async throws -> Page<Incident> {
        try await read { connection in
            var condition = PostgreSQLCondition()
            condition.add("incident =", query.id.map { .text($0) })
            if let namespace = query.namespace {
                condition.add(
                    "incident IN (SELECT incident FROM alerts WHERE namespace = $)",
                    replacing: .text(namespace)
                )
            }
            if let model = query.model {
                condition.add("incident IN (SELECT incident FROM alerts WHERE model = $)", replacing: .text(model))
            }
            let grouped = """
                SELECT incident, MIN(opened) AS began, MIN(sequence) AS first, BOOL_OR(state != 'closed') AS active
                FROM alerts \(condition.sql) GROUP BY incident
                """
            var whole = condition.continued
            if let isActive = query.isActive { whole.add(isActive ? "active" : "NOT active") }
            if let cursor = query.cursor { whole.add("(began, first) <", .init(cursor.time), .init(cursor.sequence)) }
            let rows = try connection.query(
                """
                SELECT incident, began, first FROM (\(grouped)) AS grouped \(whole.sql)
                ORDER BY began DESC, first DESC LIMIT \(query.limit + 1)
                """,
                whole.parameters
            )
            let page = Page(rows, limit: query.limit) {
                PageCursor(time: $0.integer("began") ?? 0, sequence: $0.integer("first") ?? 0)
            }
            let incidents = try page.items.compactMap { row -> Incident? in
                let id = row.text("incident") ?? ""
                let alerts = try connection.query(
                    """
                    SELECT document FROM alerts WHERE md5(incident) = md5($1) AND incident = $1
                    ORDER BY opened, sequence LIMIT $2
                    """,
                    [.text(id), .init(Incident.memberLimit)]
                )
                return Incident(id: id, alerts: try alerts.map(Alert.init(row:)))
            }
            return Page(items: incidents, next: page.next)
        }
    }

    package func openAlertCounts() async throws -> [OpenAlertCount] {
        try await read { connection in
            try connection.query(
                "SELECT kind, severity, COUNT(*) AS count FROM alerts WHERE state != 'closed' GROUP BY kind, severity"
            ).compactMap { row in
                row.text("severity").flatMap(Alert.Severity.init(rawValue:)).map {
                    OpenAlertCount(kind: row.text("kind") ?? "", severity: $0, count: Int(row.integer("count") ?? 0))
                }
            }
        }
    }

    package func models() async throws -> [ModelSummary] {
        try await read { connection in
            let flags = try connection.query("SELECT * FROM model_flags")
            // A version whose exchanges all turned out to be another's is not one.
            return try connection.query(
                "SELECT * FROM models WHERE exchanges > 0 OR labels > 0 ORDER BY namespace, model, version"
            ).map { row in
                var summary = ModelSummary(
                    namespace: row.text("namespace") ?? "",
                    model: row.text("model") ?? "",
                    version: row.text("version") ?? "",
                    exchanges: Int(row.integer("exchanges") ?? 0),
                    estimatedExchanges: row.number("estimated") ?? 0,
                    failures: Int(row.integer("failures") ?? 0),
                    labels: Int(row.integer("labels") ?? 0),
                    lastSeen: Timestamp(nanoseconds: row.integer("seen") ?? 0)
                )
                for flag in flags
                where flag.text("namespace") == summary.namespace && flag.text("model") == summary.model
                    && flag.text("version") == summary.version
                {
                    summary.flagged[flag.text("kind") ?? ""] = Int(flag.integer("exchanges") ?? 0)
                }
                return summary
            }
        }
    }
}
