package import JSON
package import OpenInference
import Tensors

/// A model's configuration as Triton's extension describes it: what of it has a meaning here.
package struct ModelConfiguration: Sendable {
    private let metadata: ModelMetadata
    /// The most rows of a request.
    private let maxBatchSize: Int

    /// - Parameter messageLimit: The most bytes of a request, which bound its rows.
    package init(_ metadata: ModelMetadata, messageLimit: Int) {
        self.metadata = metadata
        let rowBytes = metadata.inputs.reduce(0) { total, input in
            total + input.rowShape.reduce(1, *) * (input.datatype.byteWidth ?? 5)  // a byte string has a length
        }
        maxBatchSize = min(max(1, messageLimit / max(1, rowBytes)), Int(Int32.max))
    }

    /// Versions are all served; the model runs on the CPU, in one instance that any number of threads share.
    package var json: JSONValue {
        let tensors = { (tensors: [ModelMetadata.Tensor], further: JSONObject) in
            JSONValue.array(
                tensors.map { tensor in
                    var object: JSONObject = [
                        "name": .string(tensor.name), "data_type": .string(tensor.datatype.configurationName),
                        "dims": .array(Self.dims(tensor).map { .integer(Int64($0)) }),
                    ]
                    for (key, value) in further { object[key] = value }
                    return .object(object)
                }
            )
        }
        return [
            "name": .string(metadata.name), "platform": .string(metadata.platform), "backend": "vedette",
            "version_policy": ["all": [:]], "max_batch_size": .integer(Int64(maxBatchSize)),
            "input": tensors(metadata.inputs, ["format": "FORMAT_NONE", "optional": false]),
            "output": tensors(metadata.outputs, ["label_filename": ""]),
            "instance_group": [["name": .string(metadata.name), "kind": "KIND_CPU", "count": 1]],
            "default_model_filename": "", "parameters": [:],
        ]
    }

    /// Compares what a client expects of the model with what it is: a load does not change that.
    ///
    /// - Throws: 400 for what is no JSON object, and for a member that differs.
    func check(_ expected: String) throws {
        guard let members = (try? JSONValue(parsing: expected))?.object else {
            throw InferenceFailure.badInput(
                "config is no JSON object",
                remedy: "Send the text of an object, {} for any"
            )
        }
        guard let present = json.object else { return }
        for (name, value) in members where present[name] != value {
            throw InferenceFailure.badInput(
                "\(metadata.name) is served as its folder says: \(name.prefix(64)) is \(present[name]?.text ?? "not there")",
                remedy: "Leave \(name.prefix(64)) out, or change the files of the model"
            )
        }
    }

    /// `ModelConfigResponse`, whose one field is the `ModelConfig`.
    package func write(to writer: inout ProtobufWriter) {
        writer.message(1) { config in
            config.text(1, metadata.name)
            config.text(2, metadata.platform)
            config.message(3) { policy in policy.message(2) { _ in } }
            config.unsigned(4, UInt64(maxBatchSize))
            for input in metadata.inputs {
                config.message(5) { message in
                    message.text(1, input.name)
                    message.unsigned(2, input.datatype.configurationNumber)
                    message.packed(4, Self.dims(input))
                }
            }
            for output in metadata.outputs {
                config.message(6) { message in
                    message.text(1, output.name)
                    message.unsigned(2, output.datatype.configurationNumber)
                    message.packed(3, Self.dims(output))
                }
            }
            config.message(7) { group in
                group.text(1, metadata.name)
                group.unsigned(2, 1)
                group.unsigned(4, 2)  // KIND_CPU
            }
            config.text(17, "vedette")
        }
    }

    /// The sizes without the rows; Triton has no tensor without axes.
    private static func dims(_ tensor: ModelMetadata.Tensor) -> [Int] {
        tensor.rowShape.isEmpty ? [1] : tensor.rowShape
    }
}

extension ElementType {
    /// The name of Triton's `DataType`.
    fileprivate var configurationName: String { self == .bytes ? "TYPE_STRING" : "TYPE_\(rawValue)" }

    /// Its number.
    fileprivate var configurationNumber: UInt64 {
        switch self {
        case .bool: 1
        case .uint8: 2
        case .uint16: 3
        case .uint32: 4
        case .uint64: 5
        case .int8: 6
        case .int16: 7
        case .int32: 8
        case .int64: 9
        case .float16: 10
        case .float32: 11
        case .float64: 12
        case .bytes: 13
        case .bfloat16: 14
        }
    }
}
