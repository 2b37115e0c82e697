import JSON
import Tensors

/// Writes V2 bodies: members in the order of the specification, JSON data flat, binary tensors behind the JSON.
enum MessageWriter {
    static func encode(_ request: InferenceRequest, isBinary: Bool) throws(OpenInferenceError) -> (
        body: [UInt8], jsonLength: Int?
    ) {
        var writer = JSONWriter(reservingCapacity: capacity(request.inputs))
        writer.beginObject()
        if let id = request.id {
            writer.key("id")
            writer.value(id)
        }
        write(request.parameters, to: &writer)
        let binary = try write(request.inputs, as: "inputs", "input", to: &writer) { _ in isBinary }
        if !request.outputs.isEmpty {
            writer.key("outputs")
            writer.beginArray()
            for output in request.outputs {
                writer.beginObject()
                writer.key("name")
                writer.value(output.name)
                write(output.parameters, to: &writer)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return joined(writer, binary)
    }

    static func encode(
        _ response: InferenceResponse,
        isBinary: (String) -> Bool
    ) throws(OpenInferenceError) -> (body: [UInt8], jsonLength: Int?) {
        var writer = JSONWriter(reservingCapacity: capacity(response.outputs))
        writer.beginObject()
        writer.key("model_name")
        writer.value(response.modelName)
        if let version = response.modelVersion {
            writer.key("model_version")
            writer.value(version)
        }
        if let id = response.id {
            writer.key("id")
            writer.value(id)
        }
        write(response.parameters, to: &writer)
        let binary = try write(response.outputs, as: "outputs", "output", to: &writer, isBinary: isBinary)
        writer.endObject()
        return joined(writer, binary)
    }

    private static func joined(_ writer: JSONWriter, _ binary: [UInt8]?) -> (body: [UInt8], jsonLength: Int?) {
        guard let binary else { return (writer.bytes, nil) }
        return (writer.bytes + binary, writer.bytes.count)
    }

    private static func capacity(_ tensors: [NamedTensor]) -> Int {
        tensors.reduce(256) { $0 + 128 + $1.tensor.count * 12 }
    }

    private static func write(_ parameters: JSONObject, to writer: inout JSONWriter) {
        guard !parameters.isEmpty else { return }
        writer.key("parameters")
        writer.value(.object(parameters))
    }

    /// Writes the tensors and returns the bytes of the binary ones, nil where there are none.
    private static func write(
        _ tensors: [NamedTensor],
        as member: String,
        _ kind: String,
        to writer: inout JSONWriter,
        isBinary: (String) -> Bool
    ) throws(OpenInferenceError) -> [UInt8]? {
        var binary: [UInt8]?
        writer.key(member)
        writer.beginArray()
        for named in tensors {
            writer.beginObject()
            writer.key("name")
            writer.value(named.name)
            writer.key("shape")
            writer.value(named.tensor.shape)
            writer.key("datatype")
            writer.value(named.tensor.datatype.rawValue)
            var parameters = named.parameters
            if isBinary(named.name) {
                var bytes = BinaryElements(bytes: binary ?? [])
                let start = bytes.bytes.count
                named.tensor.accept(&bytes)
                parameters["binary_data_size"] = .integer(Int64(bytes.bytes.count - start))
                binary = bytes.bytes
                write(parameters, to: &writer)
            } else {
                write(parameters, to: &writer)
                writer.key("data")
                var elements = JSONElements(writer: writer, kind: kind, name: named.name)
                writer = JSONWriter()  // so that the elements are appended in place and not to a copy
                try named.tensor.accept(&elements)
                writer = elements.writer
            }
            writer.endObject()
        }
        writer.endArray()
        return binary
    }
}

/// Appends a tensor's elements as the binary extension has them.
private struct BinaryElements: AnyTensor.Visitor {
    var bytes: [UInt8]

    mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) {
        ElementBytes.append(tensor, to: &bytes)
    }

    mutating func visit(bytes values: [[UInt8]], shape: [Int]) {
        for value in values {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: value.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: value)
        }
    }
}

/// Writes a tensor's elements as one flat JSON array.
private struct JSONElements: AnyTensor.Visitor {
    var writer: JSONWriter
    let kind: String
    let name: String

    /// For messages.
    private var place: String { "\(kind) \"\(name)\"" }

    mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(OpenInferenceError) {
        switch tensor {
        case let tensor as Tensor<Float>: tensor.withUnsafeBufferPointer { writer.value($0) }
        case let tensor as Tensor<Double>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<Bool>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<UInt8>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<UInt16>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<UInt32>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<UInt64>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<Int8>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<Int16>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<Int32>: write(tensor) { $0.value($1) }
        case let tensor as Tensor<Int64>: write(tensor) { $0.value($1) }
        default:
            throw OpenInferenceError(
                .datatype,
                "\(place): \(tensor.datatype.rawValue) in JSON",
                remedy: "Ask for \(tensor.datatype.rawValue) as binary data; it has no JSON form"
            )
        }
    }

    private mutating func write<Element>(_ tensor: Tensor<Element>, _ writeElement: (inout JSONWriter, Element) -> Void)
    {
        writer.beginArray()
        tensor.withUnsafeBufferPointer { elements in
            for element in elements { writeElement(&writer, element) }
        }
        writer.endArray()
    }

    mutating func visit(bytes values: [[UInt8]], shape: [Int]) throws(OpenInferenceError) {
        writer.beginArray()
        for value in values {
            guard let text = String(validating: value, as: UTF8.self) else {
                throw OpenInferenceError(
                    .value,
                    "\(place): an element of BYTES that is not UTF-8",
                    remedy: "Ask for it as binary data"
                )
            }
            writer.value(text)
        }
        writer.endArray()
    }
}
