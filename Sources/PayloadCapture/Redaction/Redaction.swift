import Crypto
import JSON
package import OpenInference
import Synchronization

/// What is taken from calls before anybody is told of them, by model and half.
///
/// Rules are about bodies, as ``BodyRedactor`` has them, and about the values of headers. Where it is not known for which
/// model a call is, the rules of all models count.
package struct Redaction: Sendable {
    /// What a rule is about.
    package enum Subject: Sendable {
        case body(RedactionRule.Target)
        /// Header fields by name, in lower case.
        case header(NamePattern)
    }

    /// A rule and the calls that it is for.
    package struct Rule: Sendable {
        /// The models; nil for all.
        package var model: NamePattern?
        /// The half; nil for both.
        package var half: Payload.Role?
        package var subject: Subject
        package var action: RedactionRule.Action

        package init(
            model: NamePattern? = nil,
            half: Payload.Role? = nil,
            _ subject: Subject,
            _ action: RedactionRule.Action
        ) {
            self.model = model
            self.half = half
            self.subject = subject
            self.action = action
        }
    }

    private let rules: [Rule]
    private let key: SymmetricKey?

    /// - Parameter key: What hashes are made with; without one there may be no rule that hashes.
    package init(rules: [Rule], key: [UInt8]?) {
        precondition(key != nil || rules.allSatisfy { $0.action != .hash }, "a hash needs a key")
        self.rules = rules
        self.key = key.map { SymmetricKey(data: $0) }
    }

    /// What is done to one half of a call.
    ///
    /// - Parameter models: The names by which the model may be meant; empty where none is known.
    func half(_ role: Payload.Role, models: [String]) -> HalfRedaction {
        let rules = rules.filter { rule in
            let isItsModel = rule.model.map { model in models.isEmpty || models.contains(where: model.matches) }
            return (isItsModel ?? true) && (rule.half ?? role) == role
        }
        return HalfRedaction(rules, keyedHash: Self.keyedHash(key))
    }

    /// HMAC-SHA-256 with the key.
    private static func keyedHash(_ key: SymmetricKey?) -> KeyedHash? {
        guard let key else { return nil }
        return { value in Array(HMAC<SHA256>.authenticationCode(for: value, using: key)) }
    }
}

/// What is done to one half of the calls of one model.
struct HalfRedaction: Sendable {
    /// What is done to the body; nil where no rule is about it.
    let body: BodyRedactor?
    private let headers: [(name: NamePattern, action: RedactionRule.Action)]
    private let keyedHash: KeyedHash?

    init(_ rules: [Redaction.Rule], keyedHash: KeyedHash?) {
        var bodies: [RedactionRule] = []
        var headers: [(NamePattern, RedactionRule.Action)] = []
        for rule in rules {
            switch rule.subject {
            case .body(let target): bodies.append(RedactionRule(target, rule.action))
            case .header(let name): headers.append((name, rule.action))
            }
        }
        self.headers = headers
        self.keyedHash = keyedHash
        body = bodies.isEmpty ? nil : BodyRedactor(rules: bodies, keyedHash: keyedHash ?? { _ in [] })
    }

    /// What is done to a header, the strictest where several rules are about it; nil where none is.
    ///
    /// - Parameter name: In lower case.
    func action(onHeader name: String) -> RedactionRule.Action? {
        headers.filter { $0.name.matches(name) }.map(\.action).max()
    }

    /// What a header's value becomes.
    func redacted(header value: String, _ action: RedactionRule.Action) -> String? {
        switch action {
        case .drop: nil
        case .mask: "***"
        case .hash: "hmac:" + hexText((keyedHash?(Array(value.utf8)) ?? []).prefix(16))
        }
    }

    /// A hash of a body from the hash that there is, which nobody without the key can compare with that of a guess.
    func keyed(hash: [UInt8]) -> String? { keyedHash.map { hexText($0(hash)) } }

    private func hexText(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// What was done to one half of a call, as its event says it: a JSON array of objects.
struct RedactionStatement {
    private var entries: [JSONValue] = []

    /// The text for the extension `redaction`; nil where nothing was done.
    var text: String? { entries.isEmpty ? nil : JSONValue.array(entries).text }

    /// What both say.
    func merged(_ other: RedactionStatement) -> RedactionStatement {
        var merged = self
        merged.entries += other.entries
        return merged
    }

    /// Says what rules took from a body.
    mutating func add(_ rules: [RedactionRule], _ counts: [Int]) {
        for (rule, count) in zip(rules, counts) where count > 0 {
            var entry: JSONObject = ["action": .string(rule.action.rawValue)]
            switch rule.target {
            case .tensor(let name): entry["tensor"] = .string(name.description)
            case .column(let column, let tensor):
                entry["tensor"] = tensor.map { .string($0.description) }
                switch column {
                case .name(let name): entry["column"] = .string(name)
                case .index(let index): entry["column"] = .integer(Int64(index))
                }
            case .path(let path): entry["path"] = .string(path.description)
            }
            entry["values"] = .integer(Int64(count))
            entries.append(.object(entry))
        }
    }

    /// Says that a header was redacted.
    mutating func add(header name: String, _ action: RedactionRule.Action) {
        entries.append(["action": .string(action.rawValue), "header": .string(name)])
    }

    /// Says that the body was left out.
    mutating func add(_ refusal: RedactionRefusal) {
        entries.append(["action": "drop", "payload": .string(refusal.rawValue)])
    }
}
