import EventStore
import Hummingbird
import JSON
import ServiceKit

/// Gives errors of the store the status that they have as answers.
struct StoreErrors: RouterMiddleware {
    typealias Context = ControlContext

    func handle(
        _ request: Request,
        context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as EventStoreError {
            throw error.asServiceError
        }
    }
}
