import CloudEvents
import ServiceKit

/// A CloudEvent in binary mode: the body is the alert as plain JSON, and `ce-id` the same at every attempt.
struct CloudEventTransport: SinkTransport {
    let post: RoutePost

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        guard let event = events.first else { return .status(204, retryAfter: nil) }
        do {
            let (headers, body) = HTTPBinding.encodeBinary(try event.event())
            return await post.send(body, key: nil, headers: headers.map { ($0.name, $0.value) })
        } catch {
            return .unreachable("\(error)")
        }
    }
}
