package import CloudEvents
package import EventStore
import Foundation
import GRDB
import JSON

extension SQLiteEventStore {
    package func exchanges(_ query: ExchangeQuery) async throws -> Page<Exchange> {
        try await read { database in
            var condition = Condition()
            // A `+` keeps a condition from choosing the index: a model has fewer exchanges than a namespace, and a trace
            // fewer than either.
            let isTraced = query.trace != nil
            condition.add(query.model == nil && !isTraced ? "namespace = ?" : "+namespace = ?", query.namespace)
            condition.add(isTraced ? "+model = ?" : "model = ?", query.model)
            condition.add(isTraced ? "+began >= ?" : "began >= ?", query.since?.nanoseconds)
            condition.add(isTraced ? "+began < ?" : "began < ?", query.until?.nanoseconds)
            if let flags = try query.flagBits {
                condition.add("flags != 0")  // lets the partial index serve
                if query.verdict != "flagged" { condition.add("flags & ? != 0", flags) }
            }
            condition.add("trace IS NOT NULL AND trace = ?", query.trace?.key)
            if let cursor = query.cursor { condition.add("(began, sequence) < (?, ?)", cursor.time, cursor.sequence) }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM exchanges \(condition.sql)
                    ORDER BY \(isTraced ? "+" : "")began DESC, sequence DESC LIMIT \(query.limit + 1)
                    """,
                arguments: condition.arguments
            )
            let page = Page(rows, limit: query.limit) { PageCursor(time: $0["began"], sequence: $0["sequence"]) }
            let documents = try self.documents(of: page.items, in: database)
            return Page(items: documents.filter { query.trace.map($0.isPart) ?? true }, next: page.next)
        }
    }

    package func exchanges(requestID: String) async throws -> [Exchange] {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM exchanges WHERE requestid = ? ORDER BY began, attempt, sequence",
                arguments: [requestID]
            )
            var documents = try self.documents(of: rows, in: database)
            documents += try self.early(requestID: requestID, in: database)
            return documents
        }
    }

    /// Fills in the parts of exchanges.
    ///
    /// - Complexity: Three queries, whatever the number of exchanges.
    private func documents(of rows: [Row], in database: Database) throws -> [Exchange] {
        let halves = try events(
            sequences: rows.flatMap { [$0["request"] as Int64?, $0["response"] as Int64?] }.compactMap { $0 },
            in: database
        )
        let requestIDs = Set(rows.map { $0["requestid"] as String })
        let remarks = try remarks(requestIDs: requestIDs, in: database)
        let outlines = Dictionary(
            grouping: try self.outlines(requestIDs: Set(remarks.keys), in: database),
            by: \.key.requestID
        )
        return rows.map { row in
            var exchange = Exchange(row: row)
            exchange.request = (row["request"] as Int64?).flatMap { halves[$0] }
            exchange.response = (row["response"] as Int64?).flatMap { halves[$0] }
            let requestID = exchange.key.requestID
            exchange.addOwn(remarks[requestID] ?? [], among: outlines[requestID] ?? [])
            return exchange
        }
    }

    /// What has been said about a request that is not in the record, or not yet.
    private func early(requestID: String, in database: Database) throws -> [Exchange] {
        let outlines = try outlines(requestIDs: [requestID], in: database)
        let orphans = try remarks(requestIDs: [requestID], in: database)[requestID] ?? []
        return Exchange.early(orphans, requestID: requestID, besides: outlines)
    }

    private func outlines(requestIDs: Set<String>, in database: Database) throws -> [ExchangeOutline] {
        guard !requestIDs.isEmpty else { return [] }
        let list = Self.jsonText(requestIDs.map { .string($0) })
        return try Row.fetchAll(database.cachedStatement(sql: SQLiteLookups.exchanges), arguments: [list])
            .map { ExchangeDrafts.Draft(row: $0).outline }
    }

    private func events(sequences: [Int64], in database: Database) throws -> [Int64: StoredEvent] {
        var found: [Int64: StoredEvent] = [:]
        let sql = "SELECT * FROM events WHERE sequence IN (SELECT value FROM json_each(?))"
        for row in try Row.fetchAll(database, sql: sql, arguments: [Self.jsonText(sequences.map { .integer($0) })]) {
            let event = try StoredEvent(row: row, files: files)
            found[event.sequence] = event
        }
        return found
    }

    /// Verdicts, explanations and labels by request id, in the order of their arrival.
    private func remarks(requestIDs: Set<String>, in database: Database) throws -> [String: [StoredEvent]] {
        var found: [String: [StoredEvent]] = [:]
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM events
                WHERE requestid IN (SELECT value FROM json_each(?)) AND kind > 2 AND requestid IS NOT NULL
                ORDER BY sequence
                """,
            arguments: [Self.jsonText(requestIDs.map { .string($0) })]
        )
        for row in rows { found[row["requestid"], default: []].append(try StoredEvent(row: row, files: files)) }
        return found
    }

    private static func jsonText(_ values: [JSONValue]) -> String { JSONValue.array(values).text }

    package func events(_ query: EventQuery) async throws -> Page<StoredEvent> {
        try await read { database in
            var condition = Condition()
            if let kinds = query.effectiveKinds {
                if kinds.allSatisfy({ !$0.isHalf }) { condition.add("kind > 2") }  // lets the partial indexes serve
                if kinds.count == 1 {
                    condition.add("kind = ?", kinds.first?.rawValue)
                } else {
                    condition.add(
                        "kind IN (SELECT value FROM json_each(?))",
                        Self.jsonText(kinds.map { .integer(Int64($0.rawValue)) })
                    )
                }
            }
            condition.add("type = ?", query.type)
            condition.add("namespace = ?", query.namespace)
            condition.add("model = ?", query.model)
            condition.add("monitor = ?", query.monitor)
            condition.add("arrived >= ?", query.since?.nanoseconds)
            condition.add("arrived < ?", query.until?.nanoseconds)
            if query.flaggedOnly { condition.add("flags != 0") }
            if let isAbout = query.isAboutRequest { condition.add("requestid IS \(isAbout ? "NOT " : "")NULL") }
            if let ids = query.ids {
                condition.add("id IN (SELECT value FROM json_each(?))", Self.jsonText(ids.map { .string($0) }))
            }
            if let requestID = query.requestID {
                condition.add(
                    """
                    sequence IN (
                        SELECT sequence FROM events WHERE requestid = ? AND kind > 2 AND requestid IS NOT NULL
                        UNION SELECT request FROM exchanges WHERE requestid = ?
                        UNION SELECT response FROM exchanges WHERE requestid = ?)
                    """,
                    requestID,
                    requestID,
                    requestID
                )
            }
            let isNewestFirst = query.order == .newestFirst
            condition.add(isNewestFirst ? "sequence < ?" : "sequence > ?", query.cursor?.sequence)
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM events \(condition.sql)
                    ORDER BY sequence \(isNewestFirst ? "DESC" : "ASC") LIMIT \(query.limit + 1)
                    """,
                arguments: condition.arguments
            )
            return Page(try rows.map({ try StoredEvent(row: $0, files: self.files) }), limit: query.limit) {
                PageCursor(time: 0, sequence: $0.sequence)
            }
        }
    }

    package func newestSequence() async throws -> Int64 {
        try await read { try Int64.fetchOne($0, sql: "SELECT MAX(sequence) FROM events") ?? 0 }
    }

    package func alerts(_ query: AlertQuery) async throws -> Page<Alert> {
        try await read { database in
            var condition = Condition()
            if let states = query.states {
                condition.add(
                    "state IN (SELECT value FROM json_each(?))",
                    Self.jsonText(states.map { .string($0.rawValue) })
                )
            }
            condition.add("namespace = ?", query.namespace)
            condition.add("model = ?", query.model)
            condition.add("kind = ?", query.kind)
            condition.add("updated >= ?", query.since?.nanoseconds)
            if let cursor = query.cursor { condition.add("(opened, sequence) < (?, ?)", cursor.time, cursor.sequence) }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM alerts \(condition.sql) ORDER BY opened DESC, sequence DESC LIMIT \(query.limit + 1)
                    """,
                arguments: condition.arguments
            )
            let page = Page(rows, limit: query.limit) { PageCursor(time: $0["opened"], sequence: $0["sequence"]) }
            return Page(items: try page.items.map(Alert.init(row:)), next: page.next)
        }
    }

    package func alert(id: String) async throws -> Alert? { try await read { try Alert.fetch($0, id: id) } }

    package func incidents(_ query: IncidentQuery) async throws -> Page<Incident> {
        try await read { database in
            var condition = Condition()
            condition.add("incident = ?", query.id)
            condition.add("incident IN (SELECT incident FROM alerts WHERE namespace = ?)", query.namespace)
            condition.add("incident IN (SELECT incident FROM alerts WHERE model = ?)", query.model)
            var having = Condition()
            if let isActive = query.isActive {
                having.add("(SUM(state != 'closed') > 0) = ?", isActive ? 1 : 0)
            }
            if let cursor = query.cursor { having.add("(began, first) < (?, ?)", cursor.time, cursor.sequence) }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT incident, MIN(opened) AS began, MIN(sequence) AS first FROM alerts \(condition.sql)
                    GROUP BY incident \(having.sql(after: "HAVING")) ORDER BY began DESC, first DESC
                    LIMIT \(query.limit + 1)
                    """,
                arguments: condition.arguments + having.arguments
            )
            let page = Page(rows, limit: query.limit) { PageCursor(time: $0["began"], sequence: $0["first"]) }
            let incidents = try page.items.compactMap { row -> Incident? in
                let id: String = row["incident"]
                let alerts = try Row.fetchAll(
                    database,
                    sql: "SELECT * FROM alerts WHERE incident = ? ORDER BY opened, sequence LIMIT ?",
                    arguments: [id, Incident.memberLimit]
                )
                return Incident(id: id, alerts: try alerts.map(Alert.init(row:)))
            }
            return Page(items: incidents, next: page.next)
        }
    }

    package func openAlertCounts() async throws -> [OpenAlertCount] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT kind, severity, COUNT(*) AS count FROM alerts WHERE state != 'closed' GROUP BY kind, severity
                    """
            ).compactMap { row in
                Alert.Severity(rawValue: row["severity"]).map {
                    OpenAlertCount(kind: row["kind"], severity: $0, count: row["count"])
                }
            }
        }
    }

    package func models() async throws -> [ModelSummary] {
        try await read { database in
            let flags = try Row.fetchAll(database, sql: "SELECT * FROM model_flags")
            // A version whose exchanges all turned out to be another's is not one.
            let sql = "SELECT * FROM models WHERE exchanges > 0 OR labels > 0 ORDER BY namespace, model, version"
            return try Row.fetchAll(database, sql: sql).map { row in
                var summary = ModelSummary(
                    namespace: row["namespace"],
                    model: row["model"],
                    version: row["version"],
                    exchanges: row["exchanges"],
                    estimatedExchanges: row["estimated"],
                    failures: row["failures"],
                    labels: row["labels"],
                    lastSeen: Timestamp(nanoseconds: row["seen"])
                )
                for flag in flags
                where flag["namespace"] == summary.namespace && flag["model"] == summary.model
                    && flag["version"] == summary.version
                {
                    summary.flagged[flag["kind"]] = flag["exchanges"]
                }
                return summary
            }
        }
    }

    package func errands(_ purpose: Errand.Purpose, dueAt time: Timestamp, limit: Int) async throws -> [Errand] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM errands WHERE purpose = ? AND due <= ? ORDER BY sequence LIMIT ?",
                arguments: [purpose.rawValue, time.nanoseconds, limit]
            ).compactMap(Errand.init(row:))
        }
    }
}

/// The conditions of a query, joined by AND.
private struct Condition {
    private(set) var arguments = StatementArguments()
    private var terms: [String] = []

    var sql: String { sql(after: "WHERE") }

    func sql(after word: String) -> String { terms.isEmpty ? "" : "\(word) " + terms.joined(separator: " AND ") }

    mutating func add(_ term: String) { terms.append(term) }

    /// Adds the term when there is a value; nil does not restrict.
    mutating func add(_ term: String, _ value: (some DatabaseValueConvertible)?) {
        guard let value else { return }
        terms.append(term)
        arguments += [value]
    }

    mutating func add(_ term: String, _ first: some DatabaseValueConvertible, _ rest: any DatabaseValueConvertible...) {
        terms.append(term)
        arguments += [first]
        for value in rest { arguments += [value] }
    }
}
