package import AsyncHTTPClient
package import JSON
package import NIOCore
import NIOHTTP1

/// What the command line says to the mesh over HTTP.
package struct MeshClient: Sendable {
    /// An answer, read whole.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]

        /// The body as JSON.
        package func json() throws -> JSONValue {
            do {
                return try JSONValue(parsing: body)
            } catch {
                throw CommandError.unavailable(
                    "the answer is not JSON: \(error)",
                    remedy: "Check that the URL is one of the mesh's"
                )
            }
        }
    }

    private let http: HTTPClient
    private let token: String?

    /// - Parameter token: Sent as a bearer token where the services ask for one.
    package init(http: HTTPClient = .shared, token: String? = nil) {
        self.http = http
        self.token = token
    }

    /// The status code of a GET.
    package func status(of url: String) async throws -> Int {
        try await send("GET", url, deadline: .seconds(2)).status
    }

    /// A GET whose answer must be a 200 with JSON.
    package func get(_ url: String) async throws -> JSONValue {
        let answer = try await send("GET", url)
        guard answer.status == 200 else {
            throw CommandError.unavailable(
                "GET \(url) answered \(answer.status): \(String(decoding: answer.body.prefix(300), as: UTF8.self))",
                remedy: "Check the URL and the token"
            )
        }
        return try answer.json()
    }

    /// Sends a request and reads the answer, 64 MiB at most.
    ///
    /// - Throws: `CommandError` when there is no answer within `deadline`.
    package func send(
        _ method: String,
        _ url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        deadline: TimeAmount = .seconds(30)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let token { request.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(token)") }
        if !body.isEmpty || method == "POST" || method == "PUT" { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await http.execute(request, timeout: deadline)
            let buffer = try await response.body.collect(upTo: 64 << 20)
            return Answer(
                status: Int(response.status.code),
                headers: response.headers.map { ($0.name, $0.value) },
                body: Array(buffer.readableBytesView)
            )
        } catch {
            throw CommandError.unavailable(
                "\(method) \(url) got no answer: \(error)",
                remedy: "Check that the service runs: vedette status"
            )
        }
    }
}
