import AsyncHTTPClient
package import JSON
import NIOCore
import NIOHTTP1

/// Asks every other replica to do what this one was asked to: a control route reaches all of them by whichever it came.
///
/// A call that bears the mark of ``PeerLine`` came from a replica and goes no further.
package struct PeerCalls: Sendable {
    /// What one replica said.
    package struct Answer: Sendable {
        /// Its base URL.
        package let peer: String
        /// The status of its answer; nil where there was none.
        package let status: Int?
        /// What was wrong, where something was.
        package let error: String?

        package var json: JSONValue {
            [
                "peer": .string(peer), "status": status.map { .integer(Int64($0)) } ?? .null,
                "error": error.map { .string($0) } ?? .null,
            ]
        }
    }

    /// The header of a call that came from a replica, or is meant for one replica alone.
    package static let mark = PeerLine.mark
    /// Bytes that are read of what a replica says is wrong.
    private static let errorLimit = 64 << 10

    private let peers: [String]
    private let own: String
    private let client: HTTPClient
    private let tokenFile: String?
    private let timeout: Duration

    /// - Parameter ring: Who the replicas are; nil for a single process.
    package init(ring: PeerRing?, context: SidecarContext) throws {
        own = ring.map { $0.peers[$0.own] } ?? ""
        peers = ring.map { ring in ring.peers.filter { $0 != ring.peers[ring.own] } } ?? []
        client = context.httpClient
        tokenFile = try context.settings.value(HTTPSettings.tokenFile)
        timeout = try context.settings.value(PeerSettings.timeout)
    }

    /// Sends a call to all other replicas at once, each within the peers' timeout.
    package func send(
        _ method: String,
        _ path: String,
        contentType: String? = nil,
        body: [UInt8] = []
    ) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            for peer in peers {
                group.addTask { await call(peer, method, path, contentType, body) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.peer < $1.peer }
        }
    }

    private func call(
        _ peer: String,
        _ method: String,
        _ path: String,
        _ contentType: String?,
        _ body: [UInt8]
    ) async -> Answer {
        do {
            var request = HTTPClientRequest(url: peer + path)
            request.method = .init(rawValue: method)
            request.headers.add(name: Self.mark, value: own)
            if let contentType { request.headers.add(name: "content-type", value: contentType) }
            if let tokenFile {
                request.headers.add(name: "authorization", value: "Bearer \(try BearerTokens.first(in: tokenFile))")
            }
            if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let status = Int(response.status.code)
            let said = try? await response.body.collect(upTo: Self.errorLimit)
            guard !(200..<300).contains(status) else { return Answer(peer: peer, status: status, error: nil) }
            let text = said.flatMap { try? JSONValue(parsing: Array($0.readableBytesView))["error"]?.string }
            return Answer(peer: peer, status: status, error: text ?? "it answered \(status)")
        } catch {
            return Answer(peer: peer, status: nil, error: "it does not answer: \(error)")
        }
    }
}
