import JSON
import Tensors

/// Tables: tensors that are named by the members of objects, or by nothing.
extension TensorPass {
    /// Covers a table in any of the forms that ``UntypedTable`` reads.
    ///
    /// - Parameter name: The name that it has where nothing else names it.
    /// - Returns: Whether all of it goes.
    mutating func redactTable(_ reader: inout JSONReader, _ name: String) throws -> Bool {
        let plan = plan(for: name)
        if plan.whole != nil { return try redactWhole(&reader, name) }
        switch try reader.peek() {
        case .object where !Base64Object.isNext(reader):
            try redactNamed(&reader, in: name) { $0 }
            return false
        case .array where try Self.holdsObjects(reader):
            try reader.beginArray()
            while try reader.nextElement() {
                if try reader.readNull() { continue }
                try redactNamed(&reader, in: name, isRow: true) { $0 }
            }
            return false
        default:
            let (_, width) = try coverColumns(&reader, plan, width: nil)
            noteUnnamed(tensor: name, columns: width, hasColumnNames: false)
            return false
        }
    }

    /// Whether any element of an array is an object: then all are records, and one that is none is refused.
    private static func holdsObjects(_ start: JSONReader) throws -> Bool {
        var reader = start
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.readNull() { continue }
            return try reader.peek() == .object && !Base64Object.isNext(reader)
        }
        return false
    }

    /// Covers answers of TF-Serving's classifications, whose pairs are the tensors `label` and `score`.
    mutating func redactResult(_ reader: inout JSONReader, _ name: String) throws -> Bool {
        for pair in ["label", "score"] where plan(for: pair).whole != nil { return try redactWhole(&reader, pair) }
        return try redactTable(&reader, name)
    }

    /// Covers MLflow's `dataframe_split`: columns by name, and rows of cells.
    mutating func redactSplit(_ reader: inout JSONReader) throws -> Bool {
        if plan(for: "dataframe_split").whole != nil { return try redactWhole(&reader, "dataframe_split") }
        let parts = try Self.members(&reader, ["columns", "data"])
        guard var data = parts["data"] else { throw RedactionRefusal.unreadable }
        try redactRows(&data, "dataframe_split", columns: try Self.names(parts["columns"]))
        return false
    }

    /// Covers rows of cells, whose columns may have names.
    private mutating func redactRows(_ rows: inout JSONReader, _ name: String, columns: [String]?) throws {
        let plan = plan(for: name, columns: columns)
        let (_, width) = try coverColumns(&rows, plan, width: nil)
        guard columns == nil || width <= columns?.count ?? 0 else { throw RedactionRefusal.unreadable }
        noteUnnamed(tensor: name, columns: width, hasColumnNames: columns != nil)
    }

    // MARK: Seldon

    /// Covers Seldon's `data`: `names`, and one of `ndarray`, `tensor` and `tftensor`.
    mutating func redactSeldonData(_ reader: inout JSONReader) throws -> Bool {
        if plan(for: "data").whole != nil { return try redactWhole(&reader, "data") }
        let parts = try Self.members(&reader, ["names", "ndarray", "tensor", "tftensor"])
        let names = try Self.names(parts["names"])
        if var array = parts["ndarray"] {
            if try array.peek() == .array, try Self.holdsObjects(array) {
                _ = try redactTable(&array, "data")
            } else {
                try redactRows(&array, "data", columns: names)
            }
        }
        if var tensor = parts["tensor"] {
            let members = try Self.members(&tensor, ["shape", "values"])
            guard var values = members["values"], var sizes = members["shape"] else {
                throw RedactionRefusal.unreadable
            }
            let shape = try sizes.readValue().array?.compactMap(\.int) ?? []
            try redactFlat(&values, shape, columns: names)
        }
        if var tensor = parts["tftensor"] { try redactTensorProto(&tensor, columns: names) }
        return false
    }

    /// Covers a flat list of the elements of the tensor `data`.
    private mutating func redactFlat(_ values: inout JSONReader, _ shape: [Int], columns: [String]?) throws {
        let plan = plan(for: "data", columns: columns)
        let count = try Shape.count(shape)
        let width = try Self.width(of: shape)
        let found = try coverColumns(&values, plan, width: width)
        guard found.elements == count else { throw RedactionRefusal.unreadable }
        noteUnnamed(tensor: "data", columns: width, hasColumnNames: columns?.count == width)
    }

    /// Covers columns of a TensorFlow tensor, where its elements are a list as long as its shape says.
    private mutating func redactTensorProto(_ reader: inout JSONReader, columns: [String]?) throws {
        var shape: [Int]?
        var values: JSONReader?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "tensorShape", "tensor_shape":
                guard shape == nil else { throw RedactionRefusal.unreadable }
                let sizes = try reader.readValue()["dim"]?.array ?? []
                shape = try sizes.map { size in
                    guard let size = size["size"], let count = size.int ?? size.string.flatMap(Int.init) else {
                        throw RedactionRefusal.unreadable
                    }
                    return count
                }
            case "dtype", "versionNumber", "version_number": try reader.skipValue()
            default:
                guard try reader.peek() == .array, values == nil else { throw RedactionRefusal.unlocatable }
                values = reader
                try reader.skipValue()
            }
        }
        guard let shape, var values else { throw RedactionRefusal.unlocatable }
        try redactFlat(&values, shape, columns: columns)
    }

    // MARK: Parts

    /// Where the values of some members of an object are; each may be there once.
    private static func members(_ reader: inout JSONReader, _ wanted: Set<String>) throws -> [String: JSONReader] {
        var found: [String: JSONReader] = [:]
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let value = reader
            try reader.skipValue()
            guard wanted.contains(key) else { continue }
            guard found.updateValue(value, forKey: key) == nil else { throw RedactionRefusal.unreadable }
        }
        return found
    }

    /// Names of columns; nil where there are none.
    private static func names(_ reader: JSONReader?) throws -> [String]? {
        guard var reader else { return nil }
        let names = try reader.readValue().array?.map { $0.string ?? $0.text }
        return names?.isEmpty ?? true ? nil : names
    }
}
