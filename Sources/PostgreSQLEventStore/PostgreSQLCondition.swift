/// The conditions of a query, joined by AND, and their parameters.
struct PostgreSQLCondition {
    private(set) var parameters: [PostgreSQLValue] = []
    private var terms: [String] = []

    var sql: String { terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND ") }

    /// No conditions yet, behind the parameters of these: for a query around the one that these belong to.
    var continued: PostgreSQLCondition {
        var outer = self
        outer.terms = []
        return outer
    }

    mutating func add(_ term: String) { terms.append(term) }

    /// Adds `term ($n)` when there is a value; nil does not restrict.
    ///
    /// - Parameter type: What the server is to take the value for, where the term alone does not say.
    mutating func add(_ term: String, _ value: PostgreSQLValue?, type: String? = nil) {
        guard let value else { return }
        parameters.append(value)
        terms.append("\(term) ($\(parameters.count)\(type.map { "::" + $0 } ?? ""))")
    }

    /// Adds that a column is this text, in the words that let an index of its hashes serve.
    mutating func add(_ column: String, equals text: String?) {
        guard let text else { return }
        add("hashtextextended(\(column), 0) = hashtextextended($, 0) AND \(column) = $", replacing: .text(text))
    }

    /// Adds `term ($n, $m)`.
    mutating func add(_ term: String, _ first: PostgreSQLValue, _ second: PostgreSQLValue) {
        parameters += [first, second]
        terms.append("\(term) ($\(parameters.count - 1), $\(parameters.count))")
    }

    /// Adds a term in which every `$` stands for the value.
    mutating func add(_ term: String, replacing value: PostgreSQLValue) {
        parameters.append(value)
        terms.append(
            term.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$\(parameters.count)")
        )
    }
}
