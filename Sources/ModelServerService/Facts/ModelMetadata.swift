package import JSON
import OpenInference
package import Tensors

/// What a model takes and gives, as V2 describes it.
package struct ModelMetadata: Sendable, Equatable {
    /// A tensor on the wire.
    package struct Tensor: Sendable, Equatable {
        package var name: String
        package var datatype: ElementType
        /// The shape of one row.
        package var rowShape: [Int]
        /// The shape with its rows, of which there may be any number: -1.
        var shape: [Int] { [-1] + rowShape }
    }

    package var name: String
    /// Oldest first.
    package var versions: [String]
    package var platform: String
    package var inputs: [Tensor]
    package var outputs: [Tensor]

    /// The answer to `GET /v2/models/<model>`.
    package var json: JSONValue {
        let tensors = { (tensors: [Tensor]) in
            JSONValue.array(
                tensors.map { tensor in
                    [
                        "name": .string(tensor.name), "datatype": .string(tensor.datatype.rawValue),
                        "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
                    ]
                }
            )
        }
        return [
            "name": .string(name), "versions": .array(versions.map { .string($0) }), "platform": .string(platform),
            "inputs": tensors(inputs), "outputs": tensors(outputs),
        ]
    }

    /// `ModelMetadataResponse`.
    func write(to writer: inout ProtobufWriter) {
        writer.text(1, name)
        writer.texts(2, versions)
        writer.text(3, platform)
        for (field, tensors) in [(4, inputs), (5, outputs)] {
            for tensor in tensors {
                writer.message(field) { message in
                    message.text(1, tensor.name)
                    message.text(2, tensor.datatype.rawValue)
                    message.packed(3, tensor.shape)
                }
            }
        }
    }

    /// The answer to `GET /v1/models/<model>/metadata`, TF-Serving's.
    package func signature(version: String) -> JSONValue {
        let tensors = { (tensors: [Tensor]) in
            JSONValue.object(
                JSONObject(
                    tensors.map { tensor in
                        let sizes = tensor.shape.map { size -> JSONValue in
                            ["size": .string(String(size)), "name": ""]
                        }
                        let value: JSONValue = [
                            "dtype": .string(tensor.datatype.tensorFlowName),
                            "tensor_shape": ["dim": .array(sizes), "unknown_rank": false],
                            "name": .string("\(tensor.name):0"),
                        ]
                        return (tensor.name, value)
                    }
                )
            )
        }
        let signature: JSONValue = [
            "inputs": tensors(inputs), "outputs": tensors(outputs), "method_name": "tensorflow/serving/predict",
        ]
        return [
            "model_spec": ["name": .string(name), "signature_name": "", "version": .string(version)],
            "metadata": ["signature_def": ["signature_def": .object(["serving_default": signature])]],
        ]
    }
}

extension ElementType {
    /// The name of TensorFlow's `DataType`.
    fileprivate var tensorFlowName: String {
        switch self {
        case .bool: "DT_BOOL"
        case .uint8: "DT_UINT8"
        case .uint16: "DT_UINT16"
        case .uint32: "DT_UINT32"
        case .uint64: "DT_UINT64"
        case .int8: "DT_INT8"
        case .int16: "DT_INT16"
        case .int32: "DT_INT32"
        case .int64: "DT_INT64"
        case .float16: "DT_HALF"
        case .bfloat16: "DT_BFLOAT16"
        case .float32: "DT_FLOAT"
        case .float64: "DT_DOUBLE"
        case .bytes: "DT_STRING"
        }
    }
}
