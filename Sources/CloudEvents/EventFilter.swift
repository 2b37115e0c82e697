public import JSON

/// Which events a subscriber wants, in the dialects of the CloudEvents Subscriptions API that Knative's triggers use.
///
/// An attribute that the event does not have never matches, and neither does an empty prefix or suffix.
public indirect enum EventFilter: Sendable, Hashable {
    /// Every named attribute equals its text.
    case exact([String: String])
    /// Every named attribute begins with its text.
    case prefix([String: String])
    /// Every named attribute ends with its text.
    case suffix([String: String])
    /// Every filter matches.
    case all([EventFilter])
    /// At least one filter matches.
    case any([EventFilter])
    /// The filter does not match.
    case not(EventFilter)

    /// Whether the subscriber wants this event.
    public func matches(_ event: CloudEvent) -> Bool {
        switch self {
        case .exact(let values): values.allSatisfy { event.attribute($0.key) == $0.value }
        case .prefix(let values):
            values.allSatisfy { !$0.value.isEmpty && event.attribute($0.key)?.hasPrefix($0.value) == true }
        case .suffix(let values):
            values.allSatisfy { !$0.value.isEmpty && event.attribute($0.key)?.hasSuffix($0.value) == true }
        case .all(let filters): filters.allSatisfy { $0.matches(event) }
        case .any(let filters): filters.contains { $0.matches(event) }
        case .not(let filter): !filter.matches(event)
        }
    }

    /// Reads `{"prefix": {"type": "io.vedette.verdict."}}` and its like; one dialect an object.
    ///
    /// - Throws: `.attributeValue` for an unknown dialect, an empty one, or texts that are none.
    public init(json value: JSONValue) throws(CloudEventError) {
        guard let object = value.object, object.count == 1, let (dialect, content) = object.first(where: { _ in true })
        else {
            throw Self.malformed("a filter is an object with one member")
        }
        switch dialect {
        case "exact": self = .exact(try Self.values(content))
        case "prefix": self = .prefix(try Self.values(content))
        case "suffix": self = .suffix(try Self.values(content))
        case "all": self = .all(try Self.filters(content))
        case "any": self = .any(try Self.filters(content))
        case "not": self = .not(try EventFilter(json: content))
        default: throw Self.malformed("the dialect \"\(dialect)\" is not known")
        }
    }

    private static func values(_ content: JSONValue) throws(CloudEventError) -> [String: String] {
        guard let object = content.object, !object.isEmpty else {
            throw malformed("attributes and their texts are missing")
        }
        var values: [String: String] = [:]
        for (name, value) in object {
            guard AttributeRules.isPlainName(name), name != "data" else {
                throw malformed("\"\(name)\" is the name of no attribute")
            }
            guard let text = value.string, !text.isEmpty else {
                throw malformed("the text for \"\(name)\" is missing or empty")
            }
            values[name] = text
        }
        return values
    }

    private static func filters(_ content: JSONValue) throws(CloudEventError) -> [EventFilter] {
        guard let elements = content.array, !elements.isEmpty else { throw malformed("a list of filters is missing") }
        var filters: [EventFilter] = []
        for element in elements { filters.append(try EventFilter(json: element)) }
        return filters
    }

    private static func malformed(_ what: String) -> CloudEventError {
        CloudEventError(
            .attributeValue,
            what,
            remedy: "Use exact, prefix, suffix with attributes and texts, all, any with filters, or not with one"
        )
    }
}
