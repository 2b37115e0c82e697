import AsyncHTTPClient
package import CloudEvents
import Journal
import NIOCore
import NIOHTTP1
import NIOPosix

/// Carries one request with events to a sink.
package protocol SinkTransport: Sendable {
    /// - Returns: What the sink said; never throws, for there is always something to make of it.
    func send(_ events: [CloudEvent]) async -> SinkAnswer
}

/// Posts events with an HTTP client.
struct HTTPSinkTransport: SinkTransport {
    let client: HTTPClient
    let url: String
    let mode: SinkMode
    let tokenFile: String?
    let timeout: Duration

    func send(_ events: [CloudEvent]) async -> SinkAnswer {
        let (headers, body) = message(events)
        do {
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers = HTTPHeaders(headers.map { ($0.name, $0.value) })
            request.headers.add(name: "user-agent", value: "vedette/\(Version.current)")
            if let traceparent = events.first?[extension: "traceparent"],
                let trace = TraceContext(traceparent: traceparent)
            {
                var generator = SystemRandomNumberGenerator()  // ids of spans, not numbers that anything depends on
                request.headers.add(name: "traceparent", value: trace.child(using: &generator).traceparent)
            }
            // Read anew for each request, so that a token may be exchanged without a restart.
            if let tokenFile {
                request.headers.add(name: "authorization", value: "Bearer \(try BearerTokens.first(in: tokenFile))")
            }
            request.body = .bytes(ByteBuffer(bytes: body))
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let retryAfter = response.headers.first(name: "retry-after").flatMap {
                RetryAfter.duration($0, now: .now())
            }
            // What it says besides is not asked for, and bounded; the connection is free when it is read.
            _ = try? await response.body.collect(upTo: 64 << 10)
            return .status(Int(response.status.code), retryAfter: retryAfter)
        } catch {
            return .unreachable("\(error)")
        }
    }

    private func message(_ events: [CloudEvent]) -> (headers: HTTPBinding.Headers, body: [UInt8]) {
        guard let event = events.first, events.count == 1 else { return HTTPBinding.encodeBatch(events) }
        switch mode {
        case .binary: return HTTPBinding.encodeBinary(event)
        case .structured, .batched: return HTTPBinding.encodeStructured(event)
        }
    }
}

/// Appends events to a file, one structured event a line.
struct FileSinkTransport: SinkTransport {
    let path: String

    func send(_ events: [CloudEvent]) async -> SinkAnswer {
        let lines = JSONFormat.encodeLines(events)
        let path = path
        do {
            // A disk may be slow: the write runs on NIO's threads for blocking calls.
            try await NIOThreadPool.singleton.runIfActive { try LineFile.append(lines, to: path) }
            return .status(204, retryAfter: nil)
        } catch {
            return .unreachable("\(error)")
        }
    }
}
