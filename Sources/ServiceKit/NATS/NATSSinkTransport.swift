import CloudEvents
import NATSTransport

/// Publishes events to a stream of NATS JetStream and waits until it has kept them.
struct NATSSinkTransport: SinkTransport {
    let address: NATSAddress
    let mode: SinkMode
    let line: NATSLine

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        do {
            try await line.stream().publish(events.map { message(try $0.event()) })
            return .status(204, retryAfter: nil)
        } catch let error as NATSError where error.code == .noStream {
            try? await line.restore()  // for the next attempt, which the delivery makes
            return .unreachable("\(error)")
        } catch let error as NATSError where error.status != 0 {
            return .status(error.status, retryAfter: nil)
        } catch {
            return .unreachable("\(error)")
        }
    }

    private func message(_ event: CloudEvent) -> NATSMessage {
        let (headers, body) =
            switch mode {
            case .binary, .batched: NATSBinding.encodeBinary(event)  // the binding knows no batches
            case .structured: NATSBinding.encodeStructured(event)
            }
        // JetStream drops what it had by the same id, so an event that is sent again is kept once.
        let identity = ("Nats-Msg-Id", HeaderText.encode("\(event.source)\n\(event.id)\n\(event.type)"))
        return NATSMessage(subject: address.subject(of: event), headers: headers + [identity], data: body)
    }
}
