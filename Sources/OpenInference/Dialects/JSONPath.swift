import JSON

/// The place of a value in JSON, as a part of RFC 9535 writes it: `$.rows[*].age`, `$['a b'][0]`, `$.last[-1]`.
///
/// Names, indices and wildcards; a path has at most one wildcard, which stands for the rows. Slices, filters and
/// descendants (`..`) are refused.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    enum Step: Sendable, Hashable {
        case name(String)
        case index(Int)
        /// All elements of an array, or all values of an object.
        case all
    }

    let steps: [Step]
    /// The path as it was written.
    public let description: String

    /// Reads a path.
    ///
    /// - Throws: `.malformed` with the place where it stops being one that is read.
    public init(_ text: String) throws(OpenInferenceError) {
        description = text
        var rest = Substring(text)
        guard rest.popFirst() == "$" else { throw Self.fault(text, "it does not begin with $") }
        var steps: [Step] = []
        while let first = rest.popFirst() {
            switch first {
            case ".":
                guard rest.first != "." else { throw Self.fault(text, "descendants (..) are not read") }
                steps.append(try Self.name(&rest, text))
            case "[": steps.append(try Self.bracket(&rest, text))
            default: throw Self.fault(text, "\"\(first)\" where . or [ should be")
            }
        }
        guard steps.count(where: { $0 == .all }) <= 1 else { throw Self.fault(text, "it has more than one wildcard") }
        self.steps = steps
    }

    /// A step behind a point.
    static func name(_ rest: inout Substring, _ text: String) throws(OpenInferenceError) -> Step {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty else { throw fault(text, "a name is missing") }
        rest = rest.dropFirst(name.count)
        return name == "*" ? .all : .name(String(name))
    }

    /// A step behind an opening bracket.
    static func bracket(_ rest: inout Substring, _ text: String) throws(OpenInferenceError) -> Step {
        if let quote = rest.first, quote == "'" || quote == "\"" {
            rest.removeFirst()
            var name = ""
            while let next = rest.popFirst(), next != quote {
                if next == "\\", let escaped = rest.popFirst() { name.append(escaped) } else { name.append(next) }
            }
            guard rest.popFirst() == "]" else { throw fault(text, "a bracket does not end") }
            return .name(name)
        }
        let content = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(content.count)
        guard rest.popFirst() == "]" else { throw fault(text, "a bracket does not end") }
        if content == "*" { return .all }
        guard let index = Int(content) else {
            throw fault(text, "[\(content.prefix(32))] is no index, no name in quotes and no wildcard")
        }
        return .index(index)
    }

    static func fault(_ text: String, _ what: String) -> OpenInferenceError {
        OpenInferenceError(
            .malformed,
            "the path \(text.prefix(128)): \(what)",
            remedy: "Write $, then .name, ['name'], [index] or one [*]"
        )
    }

    // MARK: Reading

    /// Appends the values at this path to a column, one a row; where the path ends before its value, a missing one.
    ///
    /// - Complexity: One pass over the text; no tree.
    func read(_ reader: inout JSONReader, into column: inout UntypedColumn) throws(OpenInferenceError) {
        try visit(steps[...], &reader, &column)
    }

    private func visit(
        _ steps: ArraySlice<Step>,
        _ reader: inout JSONReader,
        _ column: inout UntypedColumn
    ) throws(OpenInferenceError) {
        guard let step = steps.first else { return try column.append(&reader) }
        let rest = steps.dropFirst()
        let kind = try reader.peek(description)
        var isFound = false
        switch (step, kind) {
        case (.all, .array):
            try reader.readElements(description) { reader throws(OpenInferenceError) in
                try visit(rest, &reader, &column)
            }
            return
        case (.all, .object):
            try reader.readMembers(description) { _, reader throws(OpenInferenceError) in
                try visit(rest, &reader, &column)
            }
            return
        case (.name(let name), .object):
            try reader.readMembers(description) { key, reader throws(OpenInferenceError) in
                guard key == name, !isFound else { return try reader.skip(description) }
                isFound = true
                try visit(rest, &reader, &column)
            }
        case (.index(let index), .array):
            let wanted = index >= 0 ? index : try count(reader) + index
            var place = 0
            try reader.readElements(description) { reader throws(OpenInferenceError) in
                defer { place += 1 }
                guard place == wanted else { return try reader.skip(description) }
                isFound = true
                try visit(rest, &reader, &column)
            }
        default: try reader.skip(description)
        }
        // Without rows there is no row that could miss the value.
        if !isFound, !rest.contains(.all), step != .all { try column.appendMissing() }
    }

    private func count(_ start: JSONReader) throws(OpenInferenceError) -> Int {
        var reader = start
        var count = 0
        try reader.readElements(description) { reader throws(OpenInferenceError) in
            try reader.skip(description)
            count += 1
        }
        return count
    }
}
