import JSON
import TOML

extension JSONValue {
    /// The same value; dates and times become strings.
    init(_ value: TOMLValue) {
        switch value.content {
        case .text(let text): self = .string(text)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .flag(let flag): self = .bool(flag)
        case .dateTime(let dateTime): self = .string(dateTime.text)
        case .array(let values): self = .array(values.map(JSONValue.init))
        case .table(let table):
            var object = JSONObject()
            for entry in table.entries { object[entry.key] = JSONValue(entry.value) }
            self = .object(object)
        }
    }
}
