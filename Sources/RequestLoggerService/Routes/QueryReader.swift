import CloudEvents
import EventStore
import Hummingbird
import ServiceKit

/// Reads the query of a list route; a name or value that is not known is refused, for it would otherwise be ignored and
/// the answer be taken for filtered.
struct QueryReader: Sendable {
    /// How many items a page may have.
    static let limits = 1...1000

    private let values: [String: String]
    private let now: Timestamp

    /// - Parameter allowed: The names that the route knows.
    /// - Throws: ``ServiceError`` `.badRequest` for another name.
    init(_ request: Request, allowed: [String], now: Timestamp = .now()) throws {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard allowed.contains(String(name)) else {
                throw ServiceError(
                    .badRequest,
                    "there is no filter '\(name.prefix(80))'",
                    remedy: allowed.isEmpty
                        ? "Leave it out: this route takes none"
                        : "Known are: \(allowed.joined(separator: ", "))"
                )
            }
            // An empty value is what a form sends for a choice that was not made.
            if !value.isEmpty { values[String(name)] = String(value) }
        }
        self.values = values
        self.now = now
    }

    func text(_ name: String) -> String? { values[name] }

    /// A number that is finite.
    func number(_ name: String) throws -> Double? {
        guard let text = values[name] else { return nil }
        guard let number = Double(text), number.isFinite else {
            throw Self.unreadable(name, text, remedy: "Give a number such as 4.5")
        }
        return number
    }

    func limit(default usual: Int = 50) throws -> Int {
        guard let text = values["limit"] else { return usual }
        guard let limit = Int(text), Self.limits.contains(limit) else {
            throw Self.unreadable("limit", text, remedy: "Give 1 to \(Self.limits.upperBound)")
        }
        return limit
    }

    func trace(_ name: String) throws -> TraceID? {
        guard let text = values[name] else { return nil }
        guard let trace = TraceID(text) else {
            throw Self.unreadable(name, text, remedy: "Give the 32 hexadecimal digits of a trace id")
        }
        return trace
    }

    func cursor() throws -> PageCursor? { try values["cursor"].map { text in try PageCursor(text) } }

    /// A moment as RFC 3339, or so long ago as a duration says: `15m`, `24h`.
    func time(_ name: String) throws -> Timestamp? {
        guard let text = values[name] else { return nil }
        if let duration = Duration(settingText: text) { return now - duration }
        // A plus sign in a query may have been read as a space.
        if let time = try? Timestamp(
            rfc3339: text.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "+")
        ) {
            return time
        }
        throw Self.unreadable(
            name,
            text,
            remedy: "Give a time as 2026-11-25T10:00:00Z, or a duration such as 15m or 24h"
        )
    }

    /// Several words with commas between, each of which `read` must know.
    func words<Word: Hashable>(_ name: String, _ known: [String], _ read: (String) -> Word?) throws -> Set<Word>? {
        guard let text = values[name] else { return nil }
        var words: Set<Word> = []
        for part in text.split(separator: ",") {
            guard let word = read(String(part)) else {
                throw Self.unreadable(name, String(part), remedy: "Known are: \(known.joined(separator: ", "))")
            }
            words.insert(word)
        }
        return words
    }

    static func unreadable(_ name: String, _ text: String, remedy: String) -> ServiceError {
        ServiceError(.badRequest, "\(name) cannot be '\(text.prefix(80))'", remedy: remedy)
    }
}
