package import HTTPMessages
package import NIOCore
package import PayloadCapture

/// Who decides what the proxy captures, and takes it.
///
/// Called on the event loops: never waits.
package protocol ExchangeRecorder: Sendable {
    /// The most bytes that are kept of one body.
    var bodyLimit: Int { get }
    /// The memory shared by all captures.
    var budget: CaptureBudget { get }

    /// Whether it decides about requests at present; then those behind us are told not to do so again.
    var isRecording: Bool { get }

    /// A request has begun; nil when it is not to be captured.
    ///
    /// - Parameter peer: Whose connection it came over.
    func begin(_ head: HeaderFields, requestID: RequestID, from peer: SocketAddress?) -> CapturedExchange?
    /// The response has begun.
    func respond(_ head: HeaderFields, in exchange: inout CapturedExchange?)
    /// The exchange is over, captured or not.
    ///
    /// - Parameters:
    ///   - status: What the client was told.
    ///   - duration: From the request's head to the response's end, in nanoseconds.
    func finish(_ exchange: CapturedExchange?, status: Int, outcome: CapturedExchange.Outcome, duration: Int64)
    /// A request has begun that is not looked at, because too many are under way on its connection.
    func overlooked()
    /// A client sent something that could not be passed on.
    func refused(_ error: HTTPSyntaxError)
}
