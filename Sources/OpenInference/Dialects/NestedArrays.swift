import CloudEvents
import JSON
import Tensors

/// Writes tensors as nested JSON arrays, one level an axis, as the dialects older than V2 have them.
struct NestedArrays: AnyTensor.Visitor {
    /// What differs between the dialects.
    struct Style: Sendable {
        /// Whether what is not finite is `NaN`, `Infinity` or `-Infinity`, which is no JSON; `null` otherwise.
        var writesNonFinite = false
        /// Whether byte strings are `{"b64": "…"}`; text otherwise, where they are text.
        var isBase64 = false
    }

    private var writer: JSONWriter
    private let style: Style
    /// The row that is written, nil for all rows.
    private let row: Int?

    /// Writes all rows of a tensor.
    static func write(_ tensor: AnyTensor, _ style: Style = Style(), to writer: inout JSONWriter) {
        write(tensor, row: nil, style, to: &writer)
    }

    /// Writes one row: a value, or an array of one level less.
    static func write(_ tensor: AnyTensor, row: Int?, _ style: Style, to writer: inout JSONWriter) {
        var visitor = NestedArrays(writer: writer, style: style, row: row)
        writer = JSONWriter()  // so that the elements are appended in place and not to a copy
        tensor.accept(&visitor)
        writer = visitor.writer
    }

    private init(writer: JSONWriter, style: Style, row: Int?) {
        self.writer = writer
        self.style = style
        self.row = row
    }

    mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) {
        switch tensor {
        case let tensor as Tensor<Float>: write(tensor) { $0.writeNumber($1) }
        case let tensor as Tensor<Double>: write(tensor) { $0.writeNumber($1) }
        case let tensor as Tensor<Float16>: write(tensor) { $0.writeNumber(Float($1)) }
        case let tensor as Tensor<BFloat16>: write(tensor) { $0.writeNumber(Float($1)) }
        case let tensor as Tensor<Bool>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<UInt8>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<UInt16>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<UInt32>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<UInt64>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<Int8>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<Int16>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<Int32>: write(tensor) { $0.writer.value($1) }
        case let tensor as Tensor<Int64>: write(tensor) { $0.writer.value($1) }
        default: preconditionFailure("\(tensor.datatype.rawValue) is not one of the element types of AnyTensor")
        }
    }

    mutating func visit(bytes values: [[UInt8]], shape: [Int]) {
        var position = start(in: shape)
        write(level(of: shape)) { visitor in
            visitor.writeBytes(values[position])
            position += 1
        }
    }

    private mutating func write<Element: TensorElement>(
        _ tensor: Tensor<Element>,
        _ writeElement: (inout NestedArrays, Element) -> Void
    ) {
        tensor.withUnsafeBufferPointer { elements in
            var position = start(in: tensor.shape)
            write(level(of: tensor.shape)) { visitor in
                writeElement(&visitor, elements[position])
                position += 1
            }
        }
    }

    /// The sizes that are written: without the rows where it is one row.
    private func level(of shape: [Int]) -> ArraySlice<Int> { row == nil ? shape[...] : shape.dropFirst() }

    /// The index of the first element that is written.
    private func start(in shape: [Int]) -> Int { (row ?? 0) * shape.dropFirst().reduce(1, *) }

    private mutating func write(_ shape: ArraySlice<Int>, _ next: (inout NestedArrays) -> Void) {
        guard let size = shape.first else { return next(&self) }
        writer.beginArray()
        for _ in 0..<size { write(shape.dropFirst(), next) }
        writer.endArray()
    }

    private mutating func writeNumber<Number: BinaryFloatingPoint>(_ number: Number) {
        guard style.writesNonFinite, !number.isFinite else {
            if let float = number as? Float { writer.value(float) } else { writer.value(Double(number)) }
            return
        }
        writer.raw((number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity").utf8)
    }

    private mutating func writeBytes(_ value: [UInt8]) {
        if !style.isBase64, let text = String(validating: value, as: UTF8.self) { return writer.value(text) }
        writer.beginObject()
        writer.key("b64")
        writer.value(Base64.encode(value))
        writer.endObject()
    }
}
