import CloudEvents
import EventStore
import JSON
import ServiceKit

/// An incoming webhook of Slack, and of what takes the same: Mattermost, Rocket.Chat, Discord's `/slack`.
///
/// The receiver knows no idempotency key: what it took without answering it is told again.
struct SlackTransport: SinkTransport {
    let post: RoutePost
    let base: String?

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        guard let event = events.first else { return .status(204, retryAfter: nil) }
        do {
            return await post.send(Self.body(try AlertMessage(event, base: base)).serialized(), key: nil)
        } catch {
            return .unreachable("\(error)")
        }
    }

    static func body(_ message: AlertMessage) -> JSONValue {
        let alert = message.alert
        let color = message.isOver ? "#2e7d32" : alert.severity == .critical ? "#c62828" : "#ef6c00"
        let facts = message.facts.filter { $0.name != "Page" }.map { fact -> JSONValue in
            ["title": .string(fact.name), "value": .string(escaped(fact.value)), "short": .bool(fact.value.count < 40)]
        }
        var attachment: JSONObject = [
            "fallback": .string(escaped(message.subject)), "color": .string(color),
            "title": .string(escaped(message.subject)), "text": .string(escaped(alert.summary)),
            "fields": .array(facts), "mrkdwn_in": [], "footer": "Vedette",
            "ts": .integer(alert.updatedAt.nanoseconds / 1_000_000_000),
        ]
        if let page = message.page { attachment["title_link"] = .string(page) }
        return ["text": .string(escaped(message.subject)), "attachments": [.object(attachment)]]
    }

    /// Text in which nothing is read as a link, a mention or markup: names of features come from anywhere.
    ///
    /// Slack asks for `&`, `<` and `>` as references. The others read Markdown, and call people by `@all`: a word joiner
    /// keeps the signs and takes their meaning away.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "@", "[", "!", "`", "*", "~", "|": escaped += "\(scalar)\u{2060}"
            case "\u{0}"..."\u{1F}", "\u{7F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
