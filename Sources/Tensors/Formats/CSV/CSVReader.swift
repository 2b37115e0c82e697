/// Reads one row of a CSV file after the other.
struct CSVReader {
    /// The line that the next row starts on, from 1.
    private(set) var line = 1

    private let bytes: UnsafeRawBufferPointer
    private let name: String
    private var position = 0

    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(_ bytes: UnsafeRawBufferPointer, name: String) {
        self.bytes = bytes
        self.name = name
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The cells of the next row, `nil` at the end; a blank line is one empty cell.
    ///
    /// - Throws: `.malformed` when a quote does not end, or stands where it may not.
    mutating func row() throws(TensorError) -> [String]? {
        guard position < bytes.count else { return nil }
        var cells: [String] = []
        while true {
            cells.append(try peek() == Self.quote ? quotedCell() : plainCell())
            switch peek() {
            case Self.comma:
                position += 1
            case Self.lineFeed, nil:
                position += 1
                line += 1
                return cells
            case Self.carriageReturn where position + 1 < bytes.count && bytes[position + 1] == Self.lineFeed:
                position += 2
                line += 1
                return cells
            default:
                throw malformed("something follows a closing quote")
            }
        }
    }

    private mutating func plainCell() throws(TensorError) -> String {
        let start = position
        while let byte = peek(), byte != Self.comma, byte != Self.lineFeed {
            if byte == Self.carriageReturn, position + 1 < bytes.count, bytes[position + 1] == Self.lineFeed { break }
            guard byte != Self.quote else { throw malformed("a quote stands inside of a cell without quotes") }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedCell() throws(TensorError) -> String {
        var cell: [UInt8] = []
        position += 1
        while let byte = peek() {
            position += 1
            guard byte == Self.quote else {
                if byte == Self.lineFeed { line += 1 }
                cell.append(byte)
                continue
            }
            guard peek() == Self.quote else { return String(decoding: cell, as: UTF8.self) }
            cell.append(Self.quote)
            position += 1
        }
        throw malformed("a quote does not end")
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private func malformed(_ what: String) -> TensorError {
        TensorError(
            .malformed,
            "\(name), line \(line): \(what)",
            remedy: "Put a text that holds a comma, a quote or a line end in quotes, and double the quotes in it"
        )
    }
}
