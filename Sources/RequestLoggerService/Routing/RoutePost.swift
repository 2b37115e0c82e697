import AsyncHTTPClient
import CloudEvents
import NIOCore
import NIOHTTP1
import ServiceKit

/// Posts to a route; what it says of a failure names neither address, token nor body.
struct RoutePost: Sendable {
    let client: HTTPClient
    let post: Post
    let timeout: Duration

    /// - Parameters:
    ///   - key: What makes this telling the same at every attempt; `Idempotency-Key`.
    ///   - path: What follows the address.
    func send(
        _ body: [UInt8],
        key: String?,
        headers: [(name: String, value: String)] = [("content-type", "application/json")],
        path: String = ""
    ) async -> SinkAnswer {
        let url: String
        var fields = HTTPHeaders(headers)
        do {
            url = try post.current()
            // Read anew each time, so that a token may be exchanged without a restart.
            if let file = post.tokenFile {
                fields.add(name: "authorization", value: "Bearer \(try BearerTokens.first(in: file))")
            }
        } catch {
            return .unreachable(error.message)
        }
        if let key { fields.add(name: "idempotency-key", value: key) }
        fields.add(name: "user-agent", value: "vedette/\(Version.current)")
        var request = HTTPClientRequest(url: path.isEmpty ? url : Self.join(url, path))
        request.method = .POST
        request.headers = fields
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let retryAfter = response.headers.first(name: "retry-after").flatMap {
                RetryAfter.duration($0, now: .now())
            }
            // What it says besides is not asked for, and bounded; the connection is free when it is read.
            _ = try? await response.body.collect(upTo: 64 << 10)
            return .status(Int(response.status.code), retryAfter: retryAfter)
        } catch let error as HTTPClientError {
            return .unreachable("\(error)")  // the kind of failure, without the address
        } catch {
            return .unreachable("\(type(of: error))")
        }
    }

    private static func join(_ url: String, _ path: String) -> String {
        (url.hasSuffix("/") ? String(url.dropLast()) : url) + path
    }
}
