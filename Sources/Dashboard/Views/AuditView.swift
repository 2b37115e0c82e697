import CloudEvents
package import EventStore
import JSON

/// The page of what people did.
package struct AuditView: Sendable {
    struct Line: Sendable {
        let timeISO: String
        let time: String
        let person: String
        let way: String
        let action: String
        let subject: String
        /// Nil where there is no page of it.
        let href: String?
        let details: String
    }

    let title = "What people did"
    let refreshes = true
    let lines: [Line]
    let next: More?

    package init(_ page: Page<AuditEntry>) {
        lines = page.items.map { entry in
            let details = (entry.details.object ?? [:]).compactMap { name, value -> String? in
                guard value != .null else { return nil }
                return "\(name): \(value.string ?? value.text)"
            }
            let way = entry.way == "open" ? "nobody was asked" : "\(entry.way), \(entry.role)"
            return Line(
                timeISO: entry.time.rfc3339,
                time: entry.time.shown,
                person: entry.person ?? "somebody",
                way: entry.person == nil || entry.isNameProven ? way : "\(way), by their own word",
                action: entry.action.rawValue,
                subject: entry.subject,
                href: entry.subject.hasPrefix("alert-") ? Links.alert(entry.subject) : nil,
                details: details.joined(separator: "; ")
            )
        }
        next = page.next.map { More(href: Links.audit(cursor: $0)) }
    }
}

extension Dashboard {
    package func page(_ view: AuditView) -> String { render(view, with: "audit") }
}
