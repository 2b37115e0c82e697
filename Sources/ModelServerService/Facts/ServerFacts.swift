package import JSON
import OpenInference
import ServiceKit

/// What the server says of itself, as V2 has it.
package enum ServerFacts {
    static let name = "vedette-model-server"

    /// The extensions of the protocol that it has, by Triton's names.
    static let extensions = [
        "binary_tensor_data", "classification", "logging", "model_configuration", "model_repository",
        "model_repository(unload_dependents)", "parameters", "statistics", "trace",
    ]

    /// The answer to `GET /v2`.
    package static var json: JSONValue {
        [
            "name": .string(name), "version": .string(Version.current),
            "extensions": .array(extensions.map { .string($0) }),
        ]
    }

    /// `ServerMetadataResponse`.
    static func write(to writer: inout ProtobufWriter) {
        writer.text(1, name)
        writer.text(2, Version.current)
        writer.texts(3, extensions)
    }
}
