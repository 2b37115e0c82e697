import HTTPTypes
import OpenInference
import Prediction
import ServiceKit

/// What a client is told when the model cannot answer.
package enum InferenceFailure {
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
            remedy: known.isEmpty ? "Put a model into models.directory" : "Known are \(listed(known))"
        )
    }

    /// Whoever asked does not wait for the answer; 499 is what nginx logs of it.
    static let abandoned = ServiceError(
        ServiceError.Code(name: "client_gone", status: .init(code: 499, reasonPhrase: "Client Closed Request")),
        "the client did not wait for the answer",
        remedy: "Give the call more time"
    )

    /// The first names, and how many more there are.
    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }

    /// There are as many requests as there may be.
    static func serverIsBusy(_ limit: Int) -> ServiceError {
        ServiceError(
            .unavailable,
            "\(limit) requests are under way already",
            remedy: "Send it again a little later, or raise inference.concurrency",
            retryAfter: .seconds(1)
        )
    }

    /// There are as many requests of one model as there may be.
    static func modelIsBusy(_ model: String, _ limit: Int) -> ServiceError {
        ServiceError(
            .unavailable,
            "\(limit) requests of \(model) are under way already",
            remedy: "Send it again a little later, or raise concurrency in its serving.toml",
            retryAfter: .seconds(1)
        )
    }

    /// The model is not in memory yet.
    static func loading(_ key: ModelKey) -> ServiceError {
        ServiceError(
            .unavailable,
            "\(key.name) version \(key.version) is being loaded",
            remedy: "Send it again a little later",
            retryAfter: .seconds(1)
        )
    }

    /// The model's files are of no use.
    static func broken(_ key: ModelKey, reason: String) -> ServiceError {
        ServiceError(
            .unavailable,
            "\(key.name) version \(key.version) cannot be loaded: \(reason)",
            remedy: "Repair its folder",
            retryAfter: .seconds(10)
        )
    }

    /// The process stops.
    static let stopping = ServiceError(
        .unavailable,
        "the server is stopping",
        remedy: "Send it to another one",
        retryAfter: .seconds(1)
    )

    /// Any error of the libraries below as one with a status.
    package static func described(_ error: any Error) -> any Error {
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
