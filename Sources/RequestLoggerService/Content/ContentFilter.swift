import CloudEvents
import EventStore
import OpenInference
import ServiceKit

/// What exchanges have to say to be found: what stands in their payloads and verdicts, where no index leads.
struct ContentFilter: Sendable {
    /// The class or value that a row was answered with.
    var answer: String?
    /// The least and the greatest score of a verdict.
    var scores: ClosedRange<Double>?
    /// Whose score it has to be.
    var monitor: String?
    /// What one row has to hold, all of it.
    var features: [FeatureCondition] = []
    /// What a body has to hold, whatever the case.
    var text: String?

    /// The names in a query.
    static let names = ["class", "min_score", "max_score", "monitor", "feature", "text"]

    /// Whether it asks for anything.
    var isEmpty: Bool { answer == nil && scores == nil && monitor == nil && features.isEmpty && text == nil }

    init() {}

    /// - Throws: ``ServiceError`` `.badRequest` for a value that cannot be read.
    init(_ query: QueryReader) throws {
        answer = query.text("class")
        monitor = query.text("monitor")
        text = query.text("text")?.lowercased()
        let (least, most) = (try query.number("min_score"), try query.number("max_score"))
        if least != nil || most != nil {
            let (low, high) = (least ?? -.infinity, most ?? .infinity)
            guard low <= high else {
                throw ServiceError(.badRequest, "min_score is above max_score", remedy: "Exchange them")
            }
            scores = low...high
        }
        if let text = query.text("feature") {
            features = try text.split(separator: ",").map { try FeatureCondition(String($0)) }
        }
    }

    /// Whether an exchange is what is looked for.
    ///
    /// - Complexity: O(bytes of its payloads) where rows or texts are asked for, else O(verdicts).
    func matches(_ exchange: Exchange, _ paths: PayloadMappings) -> Bool {
        guard hasVerdict(exchange) else { return false }
        guard answer != nil || text != nil || !features.isEmpty else { return true }
        let isInBody = text.map { bodiesHold($0, exchange) } ?? true
        if isInBody, answer == nil, features.isEmpty { return true }
        let rows = ExchangeRows(exchange, paths)
        if let text, !isInBody, !rows.holds(text) { return false }
        guard answer != nil || !features.isEmpty else { return true }
        return (0..<rows.count).contains { row in
            (answer == nil || rows.answer(row: row) == answer)
                && features.allSatisfy { condition in
                    rows.input(named: condition.name, row: row).map(condition.holds) ?? false
                }
        }
    }

    /// Whether a verdict of the monitor gave such a score; without scores, whether it gave any.
    private func hasVerdict(_ exchange: Exchange) -> Bool {
        guard scores != nil || monitor != nil else { return true }
        return exchange.verdicts.contains { event in
            guard let verdict = event.record.verdict, monitor == nil || verdict.monitor == monitor else { return false }
            return scores.map { range in verdict.scores.contains { range.contains($0) } } ?? true
        }
    }

    private func bodiesHold(_ text: String, _ exchange: Exchange) -> Bool {
        [exchange.request, exchange.response].contains { half in
            half?.event.data.map { String(decoding: $0, as: UTF8.self).lowercased().contains(text) } ?? false
        }
    }
}

/// A column and what its value has to be: `age>=40`, `colour=red`.
struct FeatureCondition: Sendable, Hashable {
    enum Relation: String, Sendable, Hashable, CaseIterable {
        // Those of two signs first: they begin with one of the others.
        case atLeast = ">="
        case atMost = "<="
        case other = "!="
        case above = ">"
        case below = "<"
        case equal = "="
    }

    let name: String
    let relation: Relation
    let value: String
    /// The value as a number, where it is one.
    let number: Double?

    /// - Throws: ``ServiceError`` `.badRequest` for a text without a relation, or one that orders what is no number.
    init(_ text: String) throws {
        guard let mark = text.dropFirst().firstIndex(where: { "<>=!".contains($0) }),
            let relation = Relation.allCases.first(where: { text[mark...].hasPrefix($0.rawValue) })
        else { throw Self.unreadable(text) }
        name = String(text[..<mark])
        self.relation = relation
        value = String(text[mark...].dropFirst(relation.rawValue.count))
        number = Double(value).flatMap { $0.isFinite ? $0 : nil }
        guard number != nil || relation == .equal || relation == .other else { throw Self.unreadable(text) }
    }

    private static func unreadable(_ text: String) -> ServiceError {
        QueryReader.unreadable(
            "feature",
            text,
            remedy: "Give a column, one of = != < <= > >=, and a value: age>=40, several with commas between"
        )
    }

    func holds(_ found: ExchangeRows.Value) -> Bool {
        switch found {
        case .text(let text): return relation == .equal ? text == value : relation == .other ? text != value : false
        case .number(let found):
            guard let number else { return relation == .other }
            // Payloads mostly hold single precision: 0.1 asked for is the 0.1 that was sent.
            let isEqual = found == number || found == Double(Float(number))
            switch relation {
            case .equal: return isEqual
            case .other: return !isEqual
            case .atLeast: return found >= number || isEqual
            case .atMost: return found <= number || isEqual
            case .above: return found > number && !isEqual
            case .below: return found < number && !isEqual
            }
        }
    }
}
