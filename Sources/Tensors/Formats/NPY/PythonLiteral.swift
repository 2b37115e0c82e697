/// The one Python literal that a `.npy` header is: a dictionary with `descr`, `fortran_order` and `shape`.
///
/// A parser for exactly that, and no evaluator: numpy reads it with `ast.literal_eval`, we look for three fields.
struct PythonLiteral {
    /// The fields of a header.
    struct Fields {
        var descr: String
        var isFortranOrder: Bool
        var shape: [Int]
    }

    private let text: UnsafeRawBufferPointer
    private let name: String
    private var position = 0

    /// No array has more axes in numpy 2 (`NPY_MAXDIMS`).
    private static let maximumAxes = 64

    init(_ text: UnsafeRawBufferPointer, name: String) {
        self.text = text
        self.name = name
    }

    /// - Throws: `.malformed` when a field is missing, repeated, unknown or has a value of another kind;
    ///   `.unsupported` for a structured dtype.
    mutating func headerFields() throws(TensorError) -> Fields {
        var descr: String?
        var isFortranOrder: Bool?
        var shape: [Int]?
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where descr == nil:
                guard peek() != "[" else { throw structured }
                descr = try string()
            case "fortran_order" where isFortranOrder == nil:
                isFortranOrder = try boolean()
            case "shape" where shape == nil:
                shape = try tuple()
            default:
                throw malformed("the field '\(key)' is unknown or comes twice")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        guard peek() == nil else { throw malformed("something follows the dictionary") }
        guard let descr, let isFortranOrder, let shape else {
            throw malformed("one of descr, fortran_order and shape is missing")
        }
        return Fields(descr: descr, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func string() throws(TensorError) -> String {
        guard let quote = peek(), quote == "'" || quote == "\"" else { throw malformed("a text was expected") }
        position += 1
        let start = position
        while position < text.count, text[position] != quote.value {
            guard text[position] != UInt8(ascii: "\\") else { throw malformed("a text holds an escape") }
            position += 1
        }
        guard position < text.count else { throw malformed("a text does not end") }
        defer { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func boolean() throws(TensorError) -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)]
        where text[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw malformed("fortran_order is neither True nor False")
    }

    private mutating func tuple() throws(TensorError) -> [Int] {
        var sizes: [Int] = []
        try expect("(")
        while !take(")") {
            sizes.append(try size())
            guard sizes.count <= Self.maximumAxes else { throw malformed("the shape has too many axes") }
            if !take(",") {
                try expect(")")
                break
            }
        }
        return sizes
    }

    private mutating func size() throws(TensorError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < text.count, case let digit = text[position], digit >= 0x30, digit <= 0x39 {
            let (tenfold, firstOverflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, secondOverflow) = tenfold.addingReportingOverflow(Int(digit - 0x30))
            guard !firstOverflow, !secondOverflow else { throw malformed("a size of the shape is too large") }
            value = sum
            position += 1
        }
        guard position > start else { throw malformed("a size of the shape is not a number from 0 up") }
        if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }  // as Python 2 wrote it
        return value
    }

    private mutating func skipSpace() {
        while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
    }

    private mutating func peek() -> Unicode.Scalar? {
        skipSpace()
        return position < text.count ? Unicode.Scalar(text[position]) : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == character else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(TensorError) {
        guard take(character) else { throw malformed("'\(character)' was expected at byte \(position)") }
    }

    private func malformed(_ what: String) -> TensorError {
        TensorError(.malformed, "\(name): in the header, \(what)", remedy: "Write the file with numpy.save")
    }

    private var structured: TensorError {
        TensorError(
            .unsupported,
            "\(name): the dtype is structured (several named fields)",
            remedy: "Save one array per field, or a plain array of columns"
        )
    }
}
