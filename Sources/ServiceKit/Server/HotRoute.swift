package import CloudEvents
package import HTTPTypes
package import NIOCore

/// A request whose body is there.
package struct HotRequest: Sendable {
    package var method: HTTPRequest.Method
    /// The path without its query, as it was sent.
    package var path: String
    /// What follows `?`, as it was sent.
    package var query: String?
    package var fields: HTTPFields
    package var body: ByteBuffer
    /// What stood in the place of the names in the route's path, percent-decoded.
    package var parameters: [String: String]

    package init(
        method: HTTPRequest.Method,
        path: String,
        query: String? = nil,
        fields: HTTPFields = HTTPFields(),
        body: ByteBuffer = ByteBuffer(),
        parameters: [String: String] = [:]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.parameters = parameters
    }

    /// The header fields in order, with lower-case names, as codecs take them.
    package var headers: HTTPBinding.Headers { fields.map { ($0.name.canonicalName, $0.value) } }
    /// The first value of a header, whatever its case.
    package func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
    /// The bytes of the body.
    package var bytes: [UInt8] { Array(body.readableBytesView) }
}

/// An answer of a hot route.
package struct HotResponse: Sendable {
    package var status: HTTPResponse.Status
    package var fields: HTTPFields
    package var body: ByteBuffer

    package init(status: HTTPResponse.Status, fields: HTTPFields = HTTPFields(), body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// An answer with headers as codecs give them; one with a name that HTTP forbids is left out.
    package init(status: HTTPResponse.Status, headers: HTTPBinding.Headers, body: [UInt8]) {
        self.init(status: status, body: ByteBuffer(bytes: body))
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
    }
}

/// A route that is answered on the event loop, before Hummingbird sees the request: ingestion and inference.
package struct HotRoute: Sendable {
    /// `POST` for example.
    package let method: HTTPRequest.Method
    /// Segments with slashes before; `{name}` takes one segment: `/v2/models/{model}/infer`.
    package let path: String
    private let pattern: PathPattern
    let answer: @Sendable (HotRequest, any EventLoop) -> EventLoopFuture<HotResponse>

    /// A route that answers through a future; `answer` runs on the event loop and must not block it.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        future answer: @escaping @Sendable (HotRequest, any EventLoop) -> EventLoopFuture<HotResponse>
    ) {
        self.method = method
        self.path = path
        self.answer = answer
        pattern = PathPattern(path)
    }

    /// A route that answers in a task of its own.
    package init(
        _ method: HTTPRequest.Method,
        _ path: String,
        answer: @escaping @Sendable (HotRequest) async throws -> HotResponse
    ) {
        self.init(method, path) { request, eventLoop in
            // A bare task: the channel handler that waits for it is no task and can hold none. It ends with its
            // answer, which the handler drops when the connection is gone by then.
            eventLoop.makeFutureWithTask { try await answer(request) }
        }
    }

    /// The parameters of a path that the route takes; nil when it takes another.
    func parameters(method: HTTPRequest.Method, path: Substring) -> [String: String]? {
        method == self.method ? pattern.match(path) : nil
    }
}

/// A path with names in it.
private struct PathPattern: Sendable {
    private enum Segment {
        case literal(String)
        case name(String)
    }

    private let segments: [Segment]
    private let text: String
    private let hasNames: Bool

    init(_ text: String) {
        self.text = text
        segments = text.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .name(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
        hasNames = text.contains("{")
    }

    func match(_ path: Substring) -> [String: String]? {
        guard hasNames else { return path == text ? [:] : nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text):
                guard part == text else { return nil }
            case .name(let name):
                guard !part.isEmpty, let value = part.removingPercentEscapes else { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }
}

extension StringProtocol {
    /// The text with `%41` read as `A`; nil when an escape is broken or the bytes are no UTF-8.
    package var removingPercentEscapes: String? {
        guard utf8.contains(0x25) else { return String(self) }
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
