import JSON
import TOML

/// A value with its type beside it, as the reference files and the public test corpus of TOML spell it:
/// `{"type": "integer", "value": "17"}`; arrays and tables are arrays and objects of such.
struct TaggedValue {
    let value: TOMLValue

    /// Whether the value has the type and the value that the tag says.
    func matches(_ tagged: JSONValue) -> Bool {
        switch (value.content, tagged) {
        case (.array(let values), .array(let expected)):
            return values.count == expected.count
                && zip(values, expected).allSatisfy { TaggedValue(value: $0).matches($1) }
        case (.table(let table), .object(let expected)):
            return Self.matches(table, expected)
        default:
            guard let type = tagged["type"]?.string, let text = tagged["value"]?.string else { return false }
            switch (value.content, type) {
            case (.text(let value), "string"): return Array(value.utf8) == Array(text.utf8)
            case (.integer(let value), "integer"): return "\(value)" == text
            case (.flag(let value), "bool"): return "\(value)" == text
            case (.number(let value), "float"):
                return Double(text).map { $0 == value || $0.isNaN && value.isNaN } ?? false
            case (.dateTime(let value), _):
                return Self.types[value.kind] == type && Self.canonical(value.text) == Self.canonical(text)
            default: return false
            }
        }
    }

    /// Whether a table has just these keys, with these values.
    static func matches(_ table: TOMLTable, _ expected: JSONObject) -> Bool {
        table.entries.count == expected.count
            && table.entries.allSatisfy { entry in
                expected[entry.key].map { TaggedValue(value: entry.value).matches($0) } ?? false
            }
    }

    private static let types: [TOMLDateTime.Kind: String] = [
        .offsetDateTime: "datetime", .localDateTime: "datetime-local", .localDate: "date-local",
        .localTime: "time-local",
    ]

    /// Without zeros at the end of a fraction, and with `Z` as an offset.
    private static func canonical(_ text: String) -> String {
        guard let point = text.firstIndex(of: ".") else { return text.replacing("+00:00", with: "Z") }
        let fraction = text[point...].dropFirst().prefix { $0.isNumber }
        let rest = text[fraction.endIndex...]
        let digits = String(fraction.reversed().drop { $0 == "0" }.reversed())
        return text[..<point] + (digits.isEmpty ? "" : ".\(digits)") + rest.replacing("+00:00", with: "Z")
    }
}
