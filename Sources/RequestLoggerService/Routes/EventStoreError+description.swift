import EventStore
import HTTPTypes
import ServiceKit

// What a caller is told of an error of the store.

extension EventStoreError: DescribedError {
    package var errorCode: String { code.name }
}

extension EventStoreError {
    /// The same as an error of the service, with its HTTP status.
    var asServiceError: ServiceError {
        let code: ServiceError.Code =
            switch self.code {
            case .badQuery: .badRequest
            case .notFound: .notFound
            case .conflict: .conflict
            default: .unavailable
            }
        return ServiceError(code, message, remedy: remedy, cause: self)
    }
}
