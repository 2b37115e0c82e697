import AsyncHTTPClient
import CloudEvents
import JSON
import Journal
import NIOCore
import NIOHTTP1
import NIOPosix

/// Carries one request with events to a sink.
///
/// A further kind of sink is a further conformer: a scheme in ``SinkAddress``, and the way for it in
/// ``SinkWays/transport(to:)``. What is spooled, retried, ordered, filtered and buried is none of its concern.
package protocol SinkTransport: Sendable {
    /// - Returns: What the sink said; never throws, for there is always something to make of it.
    func send(_ events: [OutgoingEvent]) async -> SinkAnswer
}

/// The ways to sinks, by the kind of their address.
struct SinkWays {
    /// The name of the process.
    let name: String
    let client: HTTPClient
    let mode: SinkMode
    let tokenFile: String?
    let timeout: Duration
    let settings: Settings

    /// The way to one.
    func transport(to address: SinkAddress) throws -> any SinkTransport {
        switch address.target {
        case .http(let url):
            HTTPSinkTransport(client: client, url: url, mode: mode, tokenFile: tokenFile, timeout: timeout)
        case .nats(let stream):
            NATSSinkTransport(
                address: stream,
                mode: mode,
                line: try NATSLine(
                    stream,
                    name: name,
                    tokenFile: tokenFile,
                    tls: stream.isEncrypted ? try ClientTLS.nats(settings) : nil
                )
            )
        case .file(let path): FileSinkTransport(path: path)
        }
    }

    /// How many events one request may hold.
    func batchLimit(to address: SinkAddress) -> Int { mode == .batched || address.isNATS ? 100 : 1 }
}

/// Posts events with an HTTP client.
struct HTTPSinkTransport: SinkTransport {
    let client: HTTPClient
    let url: String
    let mode: SinkMode
    let tokenFile: String?
    let timeout: Duration

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        do {
            let (headers, body) = try message(events)
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers = HTTPHeaders(headers.map { ($0.name, $0.value) })
            request.headers.add(name: "user-agent", value: "vedette/\(Version.current)")
            if let traceparent = events.first?.traceparent,
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

    private func message(_ events: [OutgoingEvent]) throws -> (headers: HTTPBinding.Headers, body: [UInt8]) {
        if mode == .binary, events.count == 1, let event = events.first {
            return HTTPBinding.encodeBinary(try event.event())
        }
        // The names in JSON take about as much as the lengths in a record.
        var writer = JSONWriter(reservingCapacity: events.reduce(256) { $0 + $1.bytes + 128 })
        guard events.count > 1 else {
            try events.first?.write(to: &writer)
            return ([("content-type", JSONFormat.contentType)], writer.bytes)
        }
        writer.beginArray()
        for event in events { try event.write(to: &writer) }
        writer.endArray()
        return ([("content-type", JSONFormat.batchContentType)], writer.bytes)
    }
}

/// Appends events to a file, one structured event a line.
struct FileSinkTransport: SinkTransport {
    let path: String

    func send(_ events: [OutgoingEvent]) async -> SinkAnswer {
        let path = path
        do {
            let lines = JSONFormat.encodeLines(try events.map { try $0.event() })
            // A disk may be slow: the write runs on NIO's threads for blocking calls.
            try await NIOThreadPool.singleton.runIfActive { try LineFile.append(lines, to: path) }
            return .status(204, retryAfter: nil)
        } catch {
            return .unreachable("\(error)")
        }
    }
}
