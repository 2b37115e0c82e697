package import HTTPTypes
package import NIOCore

/// A route that is answered on the event loop, before Hummingbird sees the request: ingestion and inference.
package struct HotRoute: Sendable {
    /// An answer that is there, or one that will be.
    package enum Answer: Sendable {
        case now(HotResponse)
        case later(EventLoopFuture<HotResponse>)
    }

    /// `POST` for example.
    package let method: HTTPRequest.Method
    /// Segments with slashes before; `{name}` takes one segment: `/v2/models/{model}/infer`.
    package let path: String
    private let pattern: PathPattern
    /// What its sender has to be allowed.
    let needed: Role
    /// Whether a body in any coding is taken: the data of events are kept as they came.
    package var takesAnyEncoding = false
    /// Answers a request from its event loop.
    package let answer: @Sendable (HotRequest, any EventLoop) -> Answer

    /// A route that answers on the event loop, which `answer` must not block.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        onLoop answer: @escaping @Sendable (HotRequest, any EventLoop) -> Answer
    ) {
        self.method = method
        self.path = path
        self.answer = answer
        pattern = PathPattern(path)
        needed = .needed(forMethod: method.rawValue)
    }

    /// A route that answers in a task of its own.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        answer: @escaping @Sendable (HotRequest) async throws -> HotResponse
    ) {
        self.init(
            method,
            path,
            onLoop: { request, eventLoop in
                // A bare task: the channel handler that waits for it is no task and can hold none. It ends with its
                // answer, which the handler drops when the connection is gone by then.
                .later(eventLoop.makeFutureWithTask { try await answer(request) })
            }
        )
    }

    /// The parameters of a path that the route takes; nil when it takes another.
    func parameters(of path: Substring) -> PathParameters? { pattern.match(path) }
}
