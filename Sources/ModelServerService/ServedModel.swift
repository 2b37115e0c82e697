package import JSON
import OpenInference
package import Prediction
import Tensors

/// One version of a model as it is served: decodes requests, asks the model, encodes answers.
package struct ServedModel: Sendable {
    /// The name under which it is served, the name of its folder.
    package let name: String
    /// The version, the name of the folder below.
    package let version: String
    private let predictor: any Predictor
    private let rows: ModelRows

    package init(name: String, version: String, predictor: any Predictor) {
        self.name = name
        self.version = version
        self.predictor = predictor
        rows = ModelRows(predictor.model)
    }

    /// An answer: the body and, where outputs are binary, the length of its JSON part.
    package struct Answer {
        package var body: [UInt8]
        package var jsonLength: Int?
    }

    /// Answers the body of an infer request.
    ///
    /// - Parameters:
    ///   - body: As received, gzip included.
    ///   - jsonLength: `Inference-Header-Content-Length`; 0 for a raw body, which is the one input of the model.
    /// - Throws: What is wrong with the request, or the model's own failure.
    package func infer(_ body: [UInt8], jsonLength: Int?) throws -> Answer {
        let request = try decode(body, jsonLength: jsonLength)
        let answer = try predictor.predict(try rows.rows(of: request))
        let response = InferenceResponse(
            modelName: name,
            modelVersion: version,
            id: request.id,
            outputs: try rows.tensors(of: answer, for: request)
        )
        let encoded = try response.encoded(for: request)
        return Answer(body: encoded.body, jsonLength: encoded.jsonLength)
    }

    private func decode(_ body: [UInt8], jsonLength: Int?) throws -> InferenceRequest {
        guard jsonLength == 0 else { return try InferenceRequest(decoding: body, jsonLength: jsonLength) }
        guard let input = rows.inputs.first, rows.inputs.count == 1 else {
            throw InferenceFailure.badInput(
                "a raw body is for a model of one input, and \(name) has \(rows.inputs.count)",
                remedy: "Send the inputs as JSON, or as JSON with binary tensors"
            )
        }
        return try InferenceRequest(
            rawBody: body,
            name: input.name,
            datatype: input.datatype,
            shape: [1] + input.rowShape
        )
    }

    /// The answer to `GET /v2/models/<model>`.
    package func metadata(versions: [String]) -> JSONValue {
        [
            "name": .string(name),
            "versions": .array(versions.map { .string($0) }),
            "platform": "vedette_native",
            "inputs": .array(rows.inputs.map(Self.describe)),
            "outputs": .array(rows.outputs.map(Self.describe)),
        ]
    }

    private static func describe(_ wire: ModelRows.Wire) -> JSONValue {
        [
            "name": .string(wire.name),
            "datatype": .string(wire.datatype.rawValue),
            "shape": .array(([-1] + wire.rowShape).map { .integer(Int64($0)) }),
        ]
    }
}
