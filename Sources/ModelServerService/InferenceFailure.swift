import HTTPTypes
import OpenInference
import Prediction
import ServiceKit

/// What a client is told when the model cannot answer.
enum InferenceFailure {
    /// The request does not fit the model.
    static func badInput(_ message: String, remedy: String) -> ServiceError {
        ServiceError(.badRequest, message, remedy: remedy)
    }

    /// There is no such model, or no such version.
    static func unknown(_ model: String, version: String?, known: [String]) -> ServiceError {
        let name = version.map { "\(model) version \($0)" } ?? model
        return ServiceError(
            .notFound,
            "there is no model \(name.prefix(128))",
            remedy: known.isEmpty ? "Put a model into models.directory" : "Known are \(known.joined(separator: ", "))"
        )
    }

    /// Whoever asked does not wait for the answer; 499 is what nginx logs of it.
    static let abandoned = ServiceError(
        ServiceError.Code(name: "client_gone", status: .init(code: 499, reasonPhrase: "Client Closed Request")),
        "the client did not wait for the answer",
        remedy: "Give the call more time"
    )

    /// Any error of the libraries below as one with a status.
    static func described(_ error: any Error) -> any Error {
        switch error {
        case let error as OpenInferenceError:
            ServiceError(
                error.code == .tooLarge ? .payloadTooLarge : .badRequest,
                error.message,
                remedy: error.remedy,
                cause: error
            )
        case let error as PredictionError where error.code == .shapeMismatch || error.code == .invalidValue:
            ServiceError(.badRequest, error.message, remedy: error.remedy, cause: error)
        case let error as PredictionError:
            ServiceError(.internalError, error.message, remedy: error.remedy, cause: error)
        default: error
        }
    }
}
