package import JSON
import TOMLKit

/// Reads TOML text into the tree that the strict configuration readers walk.
///
/// The parser is used here and nowhere else in the methods, so that everything above works on plain values.
package enum TOMLDocument {
    /// Returns the document's top-level table; dates and times become strings.
    ///
    /// - Throws: `.invalidConfiguration` with the line and column where the text stops being TOML.
    package static func parse(_ text: String) throws(MethodError) -> JSONObject {
        do {
            return object(try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            throw MethodError(
                .invalidConfiguration,
                "the text is not TOML at line \(error.source.begin.line), column \(error.source.begin.column): \(error.description)",
                remedy: "Correct the file there; docs/reference/config-toml.md has a complete example",
                cause: error
            )
        } catch {
            throw MethodError(
                .invalidConfiguration,
                "the text is not TOML: \(error)",
                remedy: "Compare it with docs/reference/config-toml.md",
                cause: error
            )
        }
    }

    private static func object(_ table: TOMLTable) -> JSONObject {
        var object = JSONObject()
        for (key, node) in table { object[key] = value(node) }
        return object
    }

    private static func value(_ node: any TOMLValueConvertible) -> JSONValue {
        switch node.type {
        case .table: node.table.map { .object(object($0)) } ?? .null
        case .array: node.array.map { .array($0.map(value)) } ?? .null
        case .string: node.string.map { .string($0) } ?? .null
        case .int: node.int.map { .integer(Int64($0)) } ?? .null
        case .double: node.double.map { .number($0) } ?? .null
        case .bool: node.bool.map { .bool($0) } ?? .null
        case .date, .time, .dateTime: .string(node.debugDescription)
        }
    }
}
