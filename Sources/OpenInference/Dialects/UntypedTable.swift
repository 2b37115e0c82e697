import JSON
import Tensors

/// Untyped JSON as the tensors that it holds: one array, or named columns in the forms in which clients write tables.
struct UntypedTable {
    /// What it is, for messages.
    let place: String
    let limits: PayloadLimits
    /// A member of an object that is no column.
    var passedOver: String?

    /// Reads a value of any form.
    ///
    /// - An array of objects is a table by rows: one tensor a name.
    /// - An object is a table by columns: one tensor a member.
    /// - A regular array of one kind is one tensor.
    /// - Rows of unlike values, `[[39, "clerk"], [51, "farmer"]]`, are columns, named by `columns` or else by position.
    ///
    /// - Parameters:
    ///   - name: The name of a tensor that has none of its own.
    ///   - columns: The names of the columns, where they are known.
    func read(
        _ reader: inout JSONReader,
        name: String,
        columns: [String]? = nil
    ) throws(OpenInferenceError) -> [NamedTensor] {
        switch try reader.peek(place) {
        case .object where !Base64Object.isNext(reader): return try readColumns(&reader)
        case .array where isArray(reader, of: .object): return try readRecords(&reader, fillsMissing: false)
        default: break
        }
        let start = reader
        let fault: OpenInferenceError
        do throws(OpenInferenceError) {
            return [NamedTensor(name: name, tensor: try UntypedArray.read(&reader, place, limits))]
        } catch {
            fault = error
        }
        // What is no array of one kind may be rows of unlike values; when it is none either, the first fault counts.
        reader = start
        guard fault.code == .value || fault.code == .malformed, isArray(start, of: .array),
            let table = try? readRows(&reader, columns: columns)
        else { throw fault }
        return table
    }

    // MARK: By rows

    /// Reads a list of rows, each a list of cells.
    func readRows(_ reader: inout JSONReader, columns names: [String]?) throws(OpenInferenceError) -> [NamedTensor] {
        var columns = try (names ?? []).map { name throws(OpenInferenceError) in try column(name) }
        var isFirst = true
        try reader.readElements(place) { reader throws(OpenInferenceError) in
            var index = 0
            try reader.readElements(place) { reader throws(OpenInferenceError) in
                if index == columns.count {
                    guard names == nil, isFirst else { throw uneven }
                    guard index < limits.tensors else { throw tooMany }
                    columns.append(try column("\(index)"))
                }
                try columns[index].append(&reader)
                index += 1
            }
            guard index == columns.count else { throw uneven }
            isFirst = false
        }
        let found = names ?? columns.indices.map { "\($0)" }
        guard found.count <= limits.tensors else { throw tooMany }
        return try named(zip(found, columns))
    }

    /// Reads a list of objects, one a row.
    ///
    /// - Parameter fillsMissing: Whether a row may lack a name, which is then missing there; otherwise it is a fault.
    func readRecords(_ reader: inout JSONReader, fillsMissing: Bool) throws(OpenInferenceError) -> [NamedTensor] {
        var places: [String: Int] = [:]
        var names: [String] = []
        var columns: [UntypedColumn] = []
        var rows = 0
        try reader.readElements(place) { reader throws(OpenInferenceError) in
            try reader.readMembers(place) { key, reader throws(OpenInferenceError) in
                let index = places[key] ?? columns.count
                if index == columns.count {
                    guard fillsMissing || rows == 0 else { throw uneven }
                    guard index < limits.tensors else { throw tooMany }
                    places[key] = index
                    names.append(key)
                    var column = try column(key)
                    for _ in 0..<rows { try column.appendMissing() }
                    columns.append(column)
                }
                guard columns[index].rows == rows else {
                    throw OpenInferenceError(
                        .malformed,
                        "\(place): \"\(key.prefix(64))\" twice in row \(rows)",
                        remedy: "Give each name once"
                    )
                }
                try columns[index].append(&reader)
            }
            rows += 1
            for index in columns.indices where columns[index].rows < rows {
                guard fillsMissing else { throw uneven }
                try columns[index].appendMissing()
            }
        }
        return try named(zip(names, columns))
    }

    private func named(
        _ columns: some Sequence<(String, UntypedColumn)>
    ) throws(OpenInferenceError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        for (name, column) in columns { tensors.append(NamedTensor(name: name, tensor: try column.tensor)) }
        return tensors
    }

    // MARK: By columns

    private func readColumns(_ reader: inout JSONReader) throws(OpenInferenceError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        var names: Set<String> = []
        try reader.readMembers(place) { key, reader throws(OpenInferenceError) in
            guard key != passedOver else { return try reader.skip(place) }
            guard tensors.count < limits.tensors else { throw tooMany }
            guard names.insert(key).inserted else {
                throw OpenInferenceError(
                    .malformed,
                    "\(place): \"\(key.prefix(64))\" twice",
                    remedy: "Give each name once"
                )
            }
            let tensor = try UntypedArray.read(&reader, "\(place).\(key.prefix(64))", limits)
            tensors.append(NamedTensor(name: key, tensor: tensor))
        }
        return tensors
    }

    // MARK: Parts

    private func column(_ name: String) throws(OpenInferenceError) -> UntypedColumn {
        UntypedColumn(place: "\(place).\(name.prefix(64))", limits: limits)
    }

    /// Whether the next value is an array whose first element that is not null is of a kind.
    private func isArray(_ start: JSONReader, of kind: JSONReader.Kind) -> Bool {
        var reader = start
        return
            (try? { () throws(JSONError) in
                guard try reader.peek() == .array else { return false }
                try reader.beginArray()
                while try reader.nextElement() {
                    if try reader.readNull() { continue }
                    return try reader.peek() == kind && !Base64Object.isNext(reader)
                }
                return false
            }()) ?? false
    }

    private var uneven: OpenInferenceError {
        OpenInferenceError(
            .shapeMismatch,
            "\(place): rows with different members",
            remedy: "Give every row the same names"
        )
    }

    private var tooMany: OpenInferenceError {
        OpenInferenceError(
            .tooLarge,
            "\(place): more than \(limits.tensors) columns",
            remedy: "Send fewer columns, or raise the limit"
        )
    }
}
