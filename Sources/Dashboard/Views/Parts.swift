import CloudEvents
import EventStore

// Small parts that several pages have.

/// A word with a colour.
struct Pill: Sendable {
    let text: String
    /// The style's class: `critical`, `warning`, `good`, `calm`, or empty.
    let tone: String
}

/// A figure with its name.
struct Fact: Sendable {
    let name: String
    let value: String
    var note: String?
    /// Set where the value is a time.
    var timeISO: String?
}

/// A link to more of a list.
struct More: Sendable {
    let href: String
    var count = 0
    var text = ""
}

/// A chart in a card.
struct Drawing: Sendable {
    let title: String
    let svg: String
    let note: String
    var legend: [Legend] = []
}

/// One row of one request as a small picture that leads to its page.
struct Tile: Sendable {
    let href: String
    let title: String
    let picture: String?
    let alt: String
    let guess: String
    let name: String
    var isCurrent = false

    init(_ reading: ExchangeReading, of exchange: Exchange, row: Int, name: String? = nil, isCurrent: Bool = false) {
        let isBatch = reading.rowCount > 1
        let reference = RowReference(requestID: exchange.key.requestID, row: isBatch ? row : nil)
        href = Links.request(reference)
        title = reference.description
        picture = reading.picture(ofRow: row)?.image.address
        guess = reading.prediction(ofRow: row)?.words ?? "no answer"
        alt = "row \(row) of \(exchange.key.requestID)"
        self.name = name ?? reference.description
        self.isCurrent = isCurrent
    }
}

extension Timestamp {
    /// To the second, as a page shows it: `2026-11-25 10:00:05`.
    var shown: String {
        let text = rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }
}

extension Int {
    /// With thin spaces between groups of three digits.
    var grouped: String {
        var digits = String(magnitude)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        groups.insert(digits[...], at: 0)
        return (self < 0 ? "−" : "") + groups.joined(separator: "\u{2009}")
    }
}

extension Alert {
    var heading: String { "\(kind.prefix(1).uppercased())\(kind.dropFirst()) · \(key.model)" }

    /// The state and the severity, in words.
    var pills: [Pill] {
        var pills = [Pill(text: severity.rawValue, tone: state == .closed ? "" : severity.rawValue)]
        let tone =
            switch state {
            case .open: severity.rawValue
            case .acknowledged: "calm"
            case .recovering: "good"
            case .closed: ""
            }
        pills.append(Pill(text: state.rawValue, tone: tone))
        if let silencedUntil { pills.append(Pill(text: "silenced until \(silencedUntil.shown) UTC", tone: "")) }
        return pills
    }
}

extension VerdictStatus {
    var tone: String {
        switch self {
        case .alarm, .error: "critical"
        case .recovering, .insufficient: "warning"
        case .ok: "good"
        case .learning: "calm"
        }
    }
}
