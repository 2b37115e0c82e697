package import CloudEvents
import JSON

/// Which events each sink gets, by the sink's name.
///
/// ```json
/// {"alerts": {"exact": {"type": "io.vedette.alert"}},
///  "archive": [{"prefix": {"type": "io.vedette.verdict."}}, {"not": {"exact": {"flagged": "false"}}}]}
/// ```
///
/// The filters are those of the CloudEvents Subscriptions API; a list of them has to match as a whole, as there.
package struct SinkFilters: SettingValue, Hashable {
    private var filters: [String: EventFilter] = [:]
    package private(set) var settingText = ""

    package init() {}

    package static let settingKind = "a JSON object of CloudEvents filters by the names of sinks"
    package static let isJSON = true

    package init?(settingText: String) {
        guard let filters = try? Self.filters(settingText) else { return nil }
        self.filters = filters
        self.settingText = settingText
    }

    package static func fault(in settingText: String) -> String? {
        do throws(CloudEventError) {
            _ = try filters(settingText)
            return nil
        } catch {
            return "\(error.message). \(error.remedy)"
        }
    }

    /// The names of the sinks that have a filter, sorted.
    package var names: [String] { filters.keys.sorted() }

    /// The filter of a sink; nil where it gets every event.
    package subscript(name: String) -> EventFilter? { filters[name] }

    private static func filters(_ text: String) throws(CloudEventError) -> [String: EventFilter] {
        guard !text.isEmpty else { return [:] }
        let tree: JSONValue
        do throws(JSONError) { tree = try JSONValue(parsing: text) } catch {
            throw fault("it is no JSON: \(error.message)")
        }
        guard let object = tree.object, !object.isEmpty else { throw fault("it is no object with the names of sinks") }
        var filters: [String: EventFilter] = [:]
        for (name, value) in object {
            if let list = value.array {
                filters[name] = try EventFilter(json: ["all": .array(list)])
            } else {
                filters[name] = try EventFilter(json: value)
            }
        }
        return filters
    }

    private static func fault(_ what: String) -> CloudEventError {
        CloudEventError(
            .attributeValue,
            what,
            remedy: "Give an object such as {\"logger\": {\"prefix\": {\"type\": \"io.vedette.verdict.\"}}}"
        )
    }
}
