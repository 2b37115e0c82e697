package import NIOCore
package import ServiceKit
import Synchronization

/// A method of a gRPC service, answered on the event loop of its connection.
///
/// A call looks to its route like one over HTTP: a POST to the method's path with the metadata as header fields and the
/// message, its five bytes before it, as the body. So does the answer: 200 with a message as its body, or any other
/// status with the JSON body of an error, which becomes gRPC's status.
package struct GRPCRoute: Sendable {
    /// How many messages there are in a call.
    package enum Kind: Sendable {
        /// One, and one answer.
        case unary
        /// Any number, and an answer to each, in their order.
        case bidirectional
    }

    /// `/package.Service/Method`.
    package let path: String
    package let kind: Kind
    /// Whether it is answered without a token: probes.
    package let isOpen: Bool
    let answer: @Sendable (GRPCRequest, any EventLoop) -> HotRoute.Answer

    /// A method whose `answer` must not block.
    package init(
        _ path: String,
        _ kind: Kind = .unary,
        isOpen: Bool = false,
        onLoop answer: @escaping @Sendable (GRPCRequest, any EventLoop) -> HotRoute.Answer
    ) {
        self.path = path
        self.kind = kind
        self.isOpen = isOpen
        self.answer = answer
    }

    /// A method that is answered in a task of its own.
    package init(
        _ path: String,
        answer: @escaping @Sendable (GRPCRequest) async throws -> HotResponse
    ) {
        self.init(path) { request, eventLoop in
            // A bare task, as in ``HotRoute``: it ends with its answer, which is dropped when the call is over by then.
            .later(eventLoop.makeFutureWithTask { try await answer(request) })
        }
    }
}

/// One message of a call.
package struct GRPCRequest: Sendable {
    /// The message as the body of an HTTP request, its five bytes before it, inflated.
    package var request: HotRequest
    /// Its place in its call, from 0.
    package var index: Int
    /// Whether the call is over for its client.
    package let life: CallLife

    package init(_ request: HotRequest, index: Int = 0, life: CallLife = CallLife()) {
        self.request = request
        self.index = index
        self.life = life
    }

    /// The message without its five bytes.
    package func withMessage<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var outcome: Swift.Result<Result, Failure>?
        request.body.withUnsafeReadableBytes { bytes in
            let message = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(MessageFrames.prefix))
            do throws(Failure) { outcome = .success(try body(message)) } catch { outcome = .failure(error) }
        }
        guard let outcome else { preconditionFailure("a closure that is always called was not") }
        return try outcome.get()
    }
}

/// Whether the client of a call still waits for its answer; asked from whichever thread works for it.
package final class CallLife: Sendable {
    private let ended = Atomic<Bool>(false)

    package init() {}

    /// Whether nobody waits any more: the client cancelled, its deadline passed, or its connection is gone.
    package var isOver: Bool { ended.load(ordering: .relaxed) }

    func end() { ended.store(true, ordering: .relaxed) }
}
