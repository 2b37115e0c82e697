import JSON
import Tensors

/// A tensor of a gRPC message: its description, and its typed contents where it has some.
struct InferTensor {
    /// Name, shape, datatype and parameters.
    private(set) var description: TensorEntry
    /// `InferTensorContents`, in as many pieces as it came.
    private var contents: [UnsafeRawBufferPointer] = []

    /// Reads `InferInputTensor` or `InferOutputTensor`: name 1, datatype 2, shape 3, parameters 4, contents 5.
    init(
        _ value: ProtobufReader.Value,
        kind: String,
        index: Int,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) {
        description = TensorEntry(kind: kind)
        description.shape = []
        let place = "\(kind) \(index)"
        var reader = try ProtobufReader.message(value, place)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: description.name = try ProtobufReader.text(value, "\(place), name")
            case 2:
                let name = try ProtobufReader.text(value, "\(place), datatype")
                guard let datatype = ElementType(rawValue: name) else {
                    throw OpenInferenceError(
                        .datatype,
                        "\(place): the datatype \(name.prefix(32)) is not known",
                        remedy: "Use one of \(ElementType.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
                description.datatype = datatype
            case 3: try appendSizes(value, place, limits)
            case 4: try InferParameters.read(value, into: &description.parameters, place)
            case 5:
                guard case .bytes(let bytes) = value else { throw Self.fault(place, "contents are no message") }
                contents.append(bytes)
            default: break
            }
        }
    }

    private mutating func appendSizes(
        _ value: ProtobufReader.Value,
        _ place: String,
        _ limits: PayloadLimits
    ) throws(OpenInferenceError) {
        var sizes = description.shape ?? []
        switch value {
        case .varint(let size): sizes.append(Int(truncatingIfNeeded: size))
        case .bytes(let packed):
            var reader = ProtobufReader(packed, place: "\(place), shape")
            while !reader.isAtEnd, sizes.count <= limits.axes {
                sizes.append(Int(truncatingIfNeeded: try reader.readVarint()))
            }
        default: throw Self.fault(place, "shape is no list of integers")
        }
        description.shape = Array(sizes.prefix(limits.axes + 1))
    }

    private static func fault(_ place: String, _ what: String) -> OpenInferenceError {
        OpenInferenceError(
            .malformed,
            "\(place): \(what)",
            remedy: "Send a protobuf message of the Open Inference Protocol"
        )
    }

    /// The tensor, from its raw bytes or from its typed contents.
    func tensor(
        raw: UnsafeRawBufferPointer?,
        _ limits: PayloadLimits,
        _ tensorBytes: inout Int
    ) throws(OpenInferenceError) -> AnyTensor {
        let (datatype, shape, count) = try description.description(limits, &tensorBytes)
        guard let raw else {
            return try TypedContents(contents, place: description.place).tensor(datatype, shape, count)
        }
        guard contents.allSatisfy(\.isEmpty) else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(description.place): both contents and raw contents",
                remedy: "Send the elements once, as one or the other"
            )
        }
        return try BinaryTensors.tensor(datatype, shape, raw, description.place)
    }
}
