/// The rows of an answer, which the library holds until the last of them is let go of.
final class PostgreSQLRows {
    private let result: OpaquePointer?
    private let library: PostgreSQLLibrary
    private let columns: [String: Int32]
    private let count: Int32

    /// - Parameter result: Given away to be cleared here.
    init(_ result: OpaquePointer?, _ library: PostgreSQLLibrary) {
        self.result = result
        self.library = library
        count = library.rowCount(result)
        var columns: [String: Int32] = [:]
        for column in 0..<library.columnCount(result) {
            if let name = library.columnName(result, column) { columns[String(cString: name)] = column }
        }
        self.columns = columns
    }

    deinit { library.clear(result) }

    var rows: [PostgreSQLRow] { (0..<count).map { PostgreSQLRow(rows: self, index: $0) } }

    /// What is in a place, as long as `body` runs; nil for null and for a column that there is none of.
    fileprivate func read<Value>(_ row: Int32, _ column: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
        guard let column = columns[column], library.isNull(result, row, column) == 0 else { return nil }
        let count = Int(library.length(result, row, column))
        return body(UnsafeRawBufferPointer(start: library.value(result, row, column), count: count))
    }
}

/// One row of an answer, in the binary format: whole numbers are of 8 bytes, as all of ours are.
struct PostgreSQLRow {
    fileprivate let rows: PostgreSQLRows
    fileprivate let index: Int32

    func bytes(_ column: String) -> [UInt8]? { rows.read(index, column) { [UInt8]($0) } }

    func text(_ column: String) -> String? { rows.read(index, column) { String(decoding: $0, as: UTF8.self) } }

    func integer(_ column: String) -> Int64? {
        rows.read(index, column) { Int64(bitPattern: $0.reduce(0) { $0 << 8 | UInt64($1) }) }
    }

    func number(_ column: String) -> Double? {
        integer(column).map { Double(bitPattern: UInt64(bitPattern: $0)) }
    }
}
