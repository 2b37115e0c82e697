import JSON
package import OpenInference
package import ServiceKit
import Tensors

/// `POST /v1/models/{model}[/versions/{version}]:predict`, `:classify` and `:regress`: TF-Serving's, and KServe's
/// version 1.
package struct TensorFlowServingCall: InferenceCall {
    package let received: HotRequest
    package let modelName: String
    package let version: String?
    private let verb: TensorFlowServingRequest.Verb

    /// - Throws: 404 for a path without a verb, and for a verb that is none of these.
    package init(_ request: HotRequest) throws {
        received = request
        let last = request.parameters["version"] ?? request.parameters["model"] ?? ""
        let colon = last.lastIndex(of: ":") ?? last.endIndex
        let name = last[..<colon]
        guard let verb = TensorFlowServingRequest.Verb(rawValue: String(last[colon...].dropFirst())) else {
            throw ServiceError(
                .notFound,
                "there is no POST \(request.path.prefix(128))",
                remedy: "POST …:predict, …:classify or …:regress; an explainer answers :explain"
            )
        }
        self.verb = verb
        let isVersioned = request.parameters["version"] != nil
        modelName = isVersioned ? request.parameters["model"] ?? "" : String(name)
        version = isVersioned ? String(name) : nil
    }

    package func request(for model: ServedModel) throws -> InferenceRequest {
        let asked = try TensorFlowServingRequest(decoding: received.bytes, verb)
        if let signature = asked.signature, !["", "serving_default"].contains(signature) {
            throw InferenceFailure.badInput(
                "\(model.name) has no signature \(signature.prefix(64))",
                remedy: "Leave signature_name out, or send serving_default"
            )
        }
        switch verb {
        case .predict: break
        case .classify: _ = try model.classes()
        case .regress: try model.requireOneValue()
        }
        let inputs = asked.unnamed.map { [model.rows.input($0.tensor)] } ?? asked.tensors
        // What the answer needs to know of its request.
        return InferenceRequest(parameters: [Self.columnar: .bool(asked.isColumnar)], inputs: inputs)
    }

    package func reply(
        _ response: InferenceResponse,
        to request: InferenceRequest,
        from model: ServedModel
    ) throws -> HotResponse {
        switch verb {
        case .predict where request.parameters[Self.columnar] == true:
            return .json(TensorFlowServingWriter.columns(response.outputs))
        case .predict: return .json(TensorFlowServingWriter.predictions(response.outputs))
        case .classify:
            let scores = try response.outputs[0].tensor.converted(to: Float.self)
            return .json(TensorFlowServingWriter.classes(scores, labels: try model.classes()))
        case .regress:
            let values = try response.outputs[0].tensor.converted(to: Float.self)
            return .json(TensorFlowServingWriter.values(try values.reshaped([values.count])))
        }
    }

    private static let columnar = "columnar"
}
