/// Rows in the binary format of COPY, all of one number of columns.
///
/// Source: PostgreSQL's manual, COPY, "Binary Format".
struct PostgreSQLCopyRows {
    private var bytes: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    private let columns: UInt16
    private(set) var count = 0

    init(columns: Int, capacity: Int = 0) {
        self.columns = UInt16(columns)
        bytes.reserveCapacity(bytes.count + capacity)
    }

    mutating func startRow() {
        append(columns)
        count += 1
    }

    /// Adds a BIGINT.
    mutating func add(_ value: Int64?) {
        guard let value else { return addNull() }
        append(UInt32(8))
        append(UInt64(bitPattern: value))
    }

    /// Adds a DOUBLE PRECISION.
    mutating func add(_ value: Double?) { add(value.map { Int64(bitPattern: $0.bitPattern) }) }

    /// Adds a TEXT.
    mutating func add(_ value: String?) {
        guard var value else { return addNull() }
        // Straight from the text: a row has a dozen of them.
        let isPlain = value.withUTF8 { text in
            guard !text.contains(0) else { return false }
            append(UInt32(text.count))
            bytes.append(contentsOf: text)
            return true
        }
        if !isPlain { add(PostgreSQLValue.storable(value)) }
    }

    /// Adds a BYTEA.
    mutating func add(_ value: [UInt8]?) {
        guard let value else { return addNull() }
        append(UInt32(value.count))
        bytes += value
    }

    private mutating func addNull() { append(UInt32.max) }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }

    /// All of it, with the trailer.
    var finished: [UInt8] { bytes + [0xFF, 0xFF] }
}
