import Tensors

extension ModelSchema {
    /// The text of a `schema.toml` that reads back to this schema.
    public var text: String {
        var lines: [String] = []
        for (key, columns) in [("inputs", inputs), ("outputs", outputs)] {
            for column in columns { lines += ["[[\(key)]]"] + column.lines + [""] }
        }
        return lines.joined(separator: "\n")
    }
}

extension ColumnDescription {
    /// One line for each key that is not at its default.
    fileprivate var lines: [String] {
        var lines = ["name = \(TOMLText.quoted(name))"]
        if tensor != name { lines.append("tensor = \(TOMLText.quoted(tensor))") }
        if index != 0 { lines.append("index = \(index)") }
        lines.append("datatype = \"\(datatype.rawValue)\"")
        lines.append("shape = \(shape)")
        lines.append("kind = \"\(kind.rawValue)\"")
        if !categories.isEmpty { lines.append("categories = \(TOMLText.list(categories))") }
        if let scale { lines.append("scale = [\(scale.lowerBound), \(scale.upperBound)]") }
        if let layout { lines.append("layout = \"\(layout.rawValue)\"") }
        if let unit { lines.append("unit = \(TOMLText.quoted(unit))") }
        if isSensitive { lines.append("sensitive = true") }
        if !classes.isEmpty { lines.append("classes = \(TOMLText.list(classes))") }
        return lines
    }
}

/// Text as TOML writes it.
package enum TOMLText {
    /// A basic string: quoted, with quotes, backslashes and control characters escaped.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A list of basic strings.
    package static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ", ") + "]" }
}
