import AsyncHTTPClient
import CloudEvents
import JSON
import NIOCore
import NIOHTTP1

/// Speaks to a detector as its neighbours do.
struct DetectorClient: Sendable {
    let base: String

    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let bytes: [UInt8]
        var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
    }

    func send(
        _ method: String = "GET",
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .init(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(body) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers.map { (name: $0.name, value: $0.value) },
            bytes: Array(bytes.readableBytesView)
        )
    }

    /// Posts an event in binary mode.
    func post(_ event: CloudEvent, headers more: [(name: String, value: String)] = []) async throws -> Answer {
        let (headers, body) = HTTPBinding.encodeBinary(event)
        return try await send("POST", "/", headers: headers.map { (name: $0.name, value: $0.value) } + more, body: body)
    }
}
