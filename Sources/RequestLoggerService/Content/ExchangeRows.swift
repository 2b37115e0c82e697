import CloudEvents
import EventStore
import OpenInference
import Tensors

/// What the payloads of an exchange say, as rows of named columns; what cannot be read has none.
///
/// A tensor of one value a row is a column of its own name, one of several is `name[0]`, `name[1]`, …, as pages call them.
struct ExchangeRows: Sendable {
    /// A value of a row.
    enum Value: Sendable, Hashable {
        case number(Double)
        case text(String)
    }

    /// One column of one half.
    struct Column: Sendable, Hashable {
        let name: String
        fileprivate let isOutput: Bool
        fileprivate let tensor: Int
        fileprivate let element: Int
        /// How numbers are written; nil for texts.
        let numbers: Numbers?
    }

    /// How precise the numbers of a tensor are.
    enum Numbers: Sendable, Hashable {
        case whole
        case single
        case double
    }

    private struct Part: Sendable {
        let name: String
        let width: Int
        let numbers: Numbers?
        let values: [Double]
        /// Whole numbers of 64 bits, of which a `Double` does not hold all; none for other types.
        var wholes: [Int64] = []
        let texts: [[UInt8]]
    }

    private let inputs: [Part]
    private let outputs: [Part]
    /// How many rows it has: those of its request, or of its answer where the request cannot be read.
    let count: Int

    /// - Parameter paths: Where the tensors are in bodies that follow no dialect.
    init(_ exchange: Exchange, _ paths: PayloadMappings) {
        let decoder = paths.decoder(for: exchange.key.model)
        let asked = Self.payload(exchange.request, decoder)
        let answered = Self.payload(exchange.response, decoder)
        count = asked?.rows ?? answered?.rows ?? 0
        inputs = asked.map(Self.parts) ?? []
        outputs = answered.map(Self.parts) ?? []
    }

    private static func payload(_ half: StoredEvent?, _ decoder: PayloadDecoder) -> Payload? {
        guard let half, half.event.data != nil else { return nil }
        return try? decoder.decode(half.event)
    }

    private static func parts(_ payload: Payload) -> [Part] {
        payload.tensors.compactMap { named in
            let rows = named.tensor.shape.first ?? 0
            let size = named.tensor.shape.dropFirst().reduce(1, *)
            guard rows > 0, size > 0 else { return nil }
            if case .bytes(_, let texts) = named.tensor {
                return Part(name: named.name, width: size, numbers: nil, values: [], texts: texts)
            }
            guard let values = try? named.tensor.converted(to: Double.self).elements else { return nil }
            let numbers: Numbers =
                switch named.tensor {
                case .float16, .bfloat16, .float32: .single
                case .float64: .double
                default: .whole
                }
            var part = Part(name: named.name, width: size, numbers: numbers, values: values, texts: [])
            switch named.tensor {
            case .int64, .uint64: part.wholes = (try? named.tensor.converted(to: Int64.self).elements) ?? []
            default: break
            }
            return part
        }
    }

    /// The columns of the request.
    var inputColumns: [Column] { Self.columns(inputs, isOutput: false) }

    /// The columns of the answer.
    var outputColumns: [Column] { Self.columns(outputs, isOutput: true) }

    private static func columns(_ parts: [Part], isOutput: Bool) -> [Column] {
        parts.enumerated().flatMap { index, part in
            (0..<part.width).map { element in
                Column(
                    name: part.width == 1 ? part.name : "\(part.name)[\(element)]",
                    isOutput: isOutput,
                    tensor: index,
                    element: element,
                    numbers: part.numbers
                )
            }
        }
    }

    /// A value, where the row has one.
    func value(_ column: Column, row: Int) -> Value? {
        let parts = column.isOutput ? outputs : inputs
        guard parts.indices.contains(column.tensor) else { return nil }
        return Self.value(parts[column.tensor], column.element, row)
    }

    private static func value(_ part: Part, _ element: Int, _ row: Int) -> Value? {
        let place = row * part.width + element
        if part.values.indices.contains(place) { return .number(part.values[place]) }
        return part.texts.indices.contains(place) ? .text(String(decoding: part.texts[place], as: UTF8.self)) : nil
    }

    /// A value as it is written in a file: of a whole number every digit.
    func text(_ column: Column, row: Int) -> String? {
        let parts = column.isOutput ? outputs : inputs
        guard parts.indices.contains(column.tensor) else { return nil }
        let part = parts[column.tensor]
        let place = row * part.width + column.element
        if part.wholes.indices.contains(place) { return String(part.wholes[place]) }
        return Self.value(part, column.element, row)?.text(column.numbers)
    }

    /// The value of the input column of that name: found without listing the columns, of which there may be many.
    func input(named name: String, row: Int) -> Value? {
        if let part = inputs.first(where: { $0.width == 1 && $0.name == name }) { return Self.value(part, 0, row) }
        guard name.hasSuffix("]"), let mark = name.lastIndex(of: "["),
            let element = Int(name[name.index(after: mark)...].dropLast()), element >= 0,
            let part = inputs.first(where: { $0.name == name[..<mark] && element < $0.width })
        else { return nil }
        return Self.value(part, element, row)
    }

    /// In a word what a row was answered: the class with the greatest of several values, else the one value or text.
    func answer(row: Int) -> String? {
        guard let part = outputs.first else { return nil }
        if part.numbers != nil, part.width > 1 {
            let places = (0..<part.width).filter { part.values.indices.contains(row * part.width + $0) }
            return places.max { part.values[row * part.width + $0] < part.values[row * part.width + $1] }.map {
                String($0)
            }
        }
        return Self.value(part, 0, row)?.text(part.numbers)
    }

    /// Whether one of its texts holds another, whatever the case.
    func holds(_ text: String) -> Bool {
        (inputs + outputs).contains { part in
            part.texts.contains { String(decoding: $0, as: UTF8.self).lowercased().contains(text) }
        }
    }
}

extension ExchangeRows.Value {
    /// As it is written, with no more digits than its precision has.
    func text(_ numbers: ExchangeRows.Numbers?) -> String {
        switch self {
        case .text(let text): text
        case .number(let value):
            if let whole = Int64(exactly: value), numbers == .whole || abs(value) < 1e15 {
                String(whole)
            } else {
                numbers == .single ? Float(value).description : value.description
            }
        }
    }
}
