import NIOCore

/// An answer that the tap gives by itself, in the error shape of all our services.
struct ProxyAnswer {
    let status: Int
    let code: String
    let message: String
    let remedy: String

    static let upstreamGone = ProxyAnswer(
        status: 502,
        code: "upstream_gone",
        message: "the model cannot be reached or closed before it answered",
        remedy: "Check that the model server runs at the tap's upstream.url, then send the request again"
    )
    static let upstreamSilent = ProxyAnswer(
        status: 504,
        code: "upstream_silent",
        message: "the model did not answer in time",
        remedy: "Send the request again, or raise upstream.response.timeout"
    )

    static let upstreamNotHTTP2 = ProxyAnswer(
        status: 502,
        code: "upstream_not_http2",
        message: "the model does not speak HTTP/2 where the tap reaches it",
        remedy: "Send the request over HTTP/1.1, or point the tap's upstream.url to the model's gRPC or HTTP/2 port"
    )

    /// The answer's body, in JSON.
    var body: String {
        #"{"error":"\#(escaped(message))","code":"\#(code)","remedy":"\#(escaped(remedy))"}"#
    }

    /// The message on the wire, in HTTP/1.1.
    ///
    /// - Parameters:
    ///   - requestID: Echoed as `X-Request-Id`, nil when the request could not be read so far.
    ///   - closes: Whether the connection ends behind it.
    ///   - hasBody: False in answer to a HEAD.
    func encoded(requestID: String?, closes: Bool, hasBody: Bool = true) -> ByteBuffer {
        let body = body
        var out = ByteBuffer()
        out.writeString("HTTP/1.1 \(status) \(reason)\r\nContent-Type: application/json\r\n")
        out.writeString("Content-Length: \(body.utf8.count)\r\n")
        if let requestID { out.writeString("X-Request-Id: \(requestID)\r\n") }
        if closes { out.writeStaticString("Connection: close\r\n") }
        out.writeStaticString("\r\n")
        if hasBody { out.writeString(body) }
        return out
    }

    private var reason: String {
        switch status {
        case 400: "Bad Request"
        case 431: "Request Header Fields Too Large"
        case 502: "Bad Gateway"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }

    private func escaped(_ text: String) -> String {
        text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "'")
    }
}
