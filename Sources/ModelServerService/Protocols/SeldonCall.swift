import CloudEvents
import HTTPMessages
import HTTPTypes
import JSON
import NIOCore
package import OpenInference
package import ServiceKit
import Tensors

/// `POST /api/v1.0/predictions` and what Seldon Core's ingress makes of it, `/seldon/<namespace>/<model>/api/…`.
package struct SeldonCall: InferenceCall {
    package let received: HotRequest
    package let modelName: String
    package var version: String? { nil }

    /// - Parameter model: The model that a path without one asks.
    package init(_ request: HotRequest, model: String) {
        received = request
        modelName = request.parameters["model"] ?? model
    }

    package func request(for model: ServedModel) throws -> InferenceRequest {
        let asked = try SeldonRequest(decoding: received.bytes)
        let inputs: [NamedTensor]
        if let array = asked.array {
            inputs = try model.rows.inputs(of: array.tensor, columns: asked.names)
        } else if asked.tensors.count == 1, [.strData, .binData].contains(asked.form) {
            inputs = [model.rows.input(asked.tensors[0].tensor)]
        } else {
            inputs = asked.tensors
        }
        // What the answer needs to know of its request.
        let form: JSONValue = .string(asked.form.rawValue)
        return InferenceRequest(id: asked.puid, parameters: [Self.form: form], inputs: inputs)
    }

    package func reply(
        _ response: InferenceResponse,
        to request: InferenceRequest,
        from model: ServedModel
    ) throws -> HotResponse {
        let form = request.parameters[Self.form]?.string.flatMap(SeldonRequest.Form.init(rawValue:)) ?? .ndarray
        let (values, names) = try Self.sideBySide(response.outputs, model)
        return .json(
            SeldonWriter.answer(
                values,
                names: names,
                form: form,
                puid: request.id ?? received.fields.value(.seldonPuid) ?? "",
                model: (name: model.name, version: model.version)
            )
        )
    }

    package func refusal(_ error: any Error) -> HotResponse {
        let answer = ErrorResponse(error).hot
        let object = try? JSONValue(parsing: answer.body.readableBytesView)
        let body = SeldonWriter.failure(
            status: answer.status.code,
            code: object?["code"]?.string ?? "",
            object?["error"]?.string ?? answer.status.reasonPhrase,
            remedy: object?["remedy"]?.string ?? ""
        )
        return HotResponse(status: answer.status, headers: answer.headers, body: body)
    }

    /// All outputs as the one array that the protocol has, and the names of its columns.
    private static func sideBySide(
        _ outputs: [NamedTensor],
        _ model: ServedModel
    ) throws -> (values: AnyTensor, names: [String]) {
        let names = outputs.flatMap { output in
            model.rows.outputs.first { $0.name == output.name }?.labels ?? []
        }
        if outputs.count == 1 { return (outputs[0].tensor, names) }
        let tensors = try outputs.map { try $0.tensor.converted(to: Float.self) }
        let (rows, width) = (tensors.first?.rows ?? 0, tensors.reduce(0) { $0 + $1.elementsPerRow })
        var elements: [Float] = []
        elements.reserveCapacity(rows * width)
        for row in 0..<rows {
            for tensor in tensors {
                for index in row * tensor.elementsPerRow..<(row + 1) * tensor.elementsPerRow {
                    elements.append(tensor[index])
                }
            }
        }
        return (.float32(try Tensor(shape: [rows, width], elements: elements)), names)
    }

    private static let form = "form"
}
