import EventStore

/// The lookups that run for every event or every verdict; a test asks SQLite that each goes by an index.
///
/// An index over a part of a table serves only a query that repeats its condition word for word: `kind = 3` alone does
/// not tell SQLite that `kind > 2`, and it would read the whole table.
package enum SQLiteLookups {
    /// The exchanges of request ids, a JSON array, with the ids of their events.
    package static let exchanges = """
        SELECT exchanges.*, asked.id AS requestevent, answered.id AS responseevent FROM exchanges
        LEFT JOIN events AS asked ON asked.sequence = exchanges.request
        LEFT JOIN events AS answered ON answered.sequence = exchanges.response
        WHERE exchanges.requestid IN (SELECT value FROM json_each(?)) ORDER BY exchanges.attempt, exchanges.sequence
        """

    /// The verdicts that flagged requests, a JSON array of their ids.
    package static let verdicts = """
        SELECT * FROM events
        WHERE requestid IN (SELECT value FROM json_each(?)) AND requestid IS NOT NULL
        AND kind > 2 AND kind = \(EventKind.verdict.rawValue) AND flags != 0 ORDER BY sequence
        """

    /// The verdicts of a monitor that flagged rows, the latest first.
    package static let flaggedVerdicts = """
        SELECT * FROM events
        WHERE flags != 0 AND flags & ? != 0 AND IFNULL(namespace, 'default') = ? AND model = ? AND monitor = ?
        AND requestid IS NOT NULL
        ORDER BY sequence DESC LIMIT ?
        """

    /// The requests of a model that began within a window, the latest first.
    ///
    /// A `+` keeps a condition from choosing the index: a model has fewer exchanges than a namespace.
    package static let requestsOfWindow = """
        SELECT requestid FROM exchanges
        WHERE model = ? AND +namespace = ? AND endpoint = ? AND began BETWEEN ? AND ?
        ORDER BY began DESC, sequence DESC LIMIT ?
        """

    package static let all = [exchanges, verdicts, flaggedVerdicts, requestsOfWindow]
}
