import NIOCore
import OpenInference
import Tensors

/// An exchange that waits for a thread, whatever its protocol.
protocol PendingExchange: Sendable {
    var model: ServedModel { get }
    /// Bytes of the request.
    var size: Int { get }
    var isAbandoned: Bool { get }
    /// When its request was whole.
    var since: NIODeadline { get }

    /// Decodes it.
    func read() throws -> (request: InferenceRequest, rows: Tensor<Float>)
    /// Encodes the model's answer and hands it over.
    func finish(_ request: InferenceRequest, _ answer: Tensor<Float>, _ time: InferenceTime)
    /// Hands over what went wrong.
    func fail(_ error: any Error, _ time: InferenceTime)
}

/// An exchange of one protocol that waits.
struct PendingCall<Exchange: InferenceExchange>: PendingExchange {
    let exchange: Exchange
    let routed: ModelRepository.Routed
    let since: NIODeadline
    let promise: EventLoopPromise<InferenceOutcome<Exchange.Reply>>

    var model: ServedModel { routed.model }
    var size: Int { exchange.size }
    var isAbandoned: Bool { exchange.isAbandoned }

    func read() throws -> (request: InferenceRequest, rows: Tensor<Float>) {
        let request = try exchange.request(for: model)
        return (request, try model.rows.rows(of: request))
    }

    func finish(_ request: InferenceRequest, _ answer: Tensor<Float>, _ time: InferenceTime) {
        do {
            let reply = try exchange.reply(try model.response(to: request, answer), to: request, from: model)
            var time = time
            time.answerIsWritten()
            model.statistics.answered(time)
            promise.succeed(routed.outcome(.success(reply)))
        } catch {
            fail(error, time)
        }
    }

    func fail(_ error: any Error, _ time: InferenceTime) {
        model.statistics.failed(time)
        promise.succeed(routed.outcome(.failure(InferenceFailure.described(error))))
    }
}
