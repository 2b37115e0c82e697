package import CloudEvents
package import HTTPMessages
package import HTTPTypes
package import NIOCore

/// A request whose body is there.
package struct HotRequest: Sendable {
    package var method: HTTPRequest.Method
    /// The path without its query, as it was sent.
    package var path: String
    /// What follows `?`, as it was sent.
    package var query: String?
    package var fields: HeaderFields
    package var body: ByteBuffer
    /// What stood in the place of the names in the route's path, percent-decoded.
    package var parameters: PathParameters
    /// Who waits for the answer; nil where nobody can go away.
    package var client: ClientPresence?

    package init(
        method: HTTPRequest.Method,
        path: String,
        query: String? = nil,
        fields: HeaderFields = .list([]),
        body: ByteBuffer = ByteBuffer(),
        parameters: PathParameters = [:],
        client: ClientPresence? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.parameters = parameters
        self.client = client
    }

    /// The header fields in order, with lower-case names, as codecs take them.
    package var headers: HTTPBinding.Headers { fields.all.map { ($0.name.lowercased(), $0.value) } }
    /// The first value of a header, whatever its case.
    package func header(_ name: String) -> String? { fields.value(name) }
    /// The bytes of the body.
    package var bytes: [UInt8] { Array(body.readableBytesView) }
}

/// An answer of a hot route.
package struct HotResponse: Sendable {
    package var status: HTTPResponse.Status
    /// Names and values; the length is added when it is written.
    package var headers: HTTPBinding.Headers
    package var body: ByteBuffer

    package init(status: HTTPResponse.Status, headers: HTTPBinding.Headers = [], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(status: HTTPResponse.Status, headers: HTTPBinding.Headers, body: [UInt8]) {
        self.init(status: status, headers: headers, body: ByteBuffer(bytes: body))
    }
}
