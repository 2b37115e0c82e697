import TOML
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
