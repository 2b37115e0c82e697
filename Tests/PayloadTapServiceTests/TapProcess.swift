import AsyncHTTPClient
import CloudEvents
import Foundation
import HTTPMessages
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

/// A model that answers every request with the same few bytes.
final class AnsweringModel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var reader = MessageReader(.request)

    static func listen(group: any EventLoopGroup) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnsweringModel())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        while let part = try? reader.next() {
            guard case .end = part else { continue }
            let answer = ByteBuffer(
                string: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            )
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
    }
}

/// A suite that starts taps as processes.
protocol StartsTaps {}

extension StartsTaps {
    func proxy(of tap: ServiceProcess) async throws -> String {
        while true {
            if let line = tap.log.split(separator: "\n").first(where: { $0.contains("passing requests on") }),
                let range = line.range(of: "http.address=127.0.0.1:")
            {
                return "http://127.0.0.1:\(line[range.upperBound...].prefix { $0.isNumber })"
            }
            try await Task.sleep(for: .milliseconds(10))  // a process gives no other signal
        }
    }

    func start(
        _ folder: TemporaryDirectory,
        _ log: String,
        upstream: Int,
        sink: String,
        _ more: [String] = []
    ) async throws -> ServiceProcess {
        try await ServiceProcess(
            "payload-tap",
            directory: folder.path,
            log: log,
            arguments: [
                "--control-listen=127.0.0.1:0", "--upstream-url=http://127.0.0.1:\(upstream)", "--sink-url=\(sink)",
            ] + more
        )
    }

    func post(_ url: String, count: Int, bytes: Int = 100) async throws {
        for index in 0..<count {
            var request = HTTPClientRequest(url: "\(url)/v2/models/m/infer")
            request.method = .POST
            request.headers.add(name: "X-Request-Id", value: "r-\(index)")
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: "\"" + String(repeating: "x", count: bytes - 2) + "\""))
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            #expect(response.status == .ok)
            _ = try await response.body.collect(upTo: 1 << 20)
        }
    }

    func metric(_ name: String, of tap: ServiceProcess) async throws -> Double {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(tap.base)/metrics"),
            timeout: .seconds(10)
        )
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) } ?? 0
    }

    func awaitMetric(_ name: String, of tap: ServiceProcess, atLeast value: Double) async throws {
        while try await metric(name, of: tap) < value { try await Task.sleep(for: .milliseconds(20)) }
    }

    func delivered(_ path: String) -> [CloudEvent] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return (try? JSONFormat.decodeLines(Array(data))) ?? []
    }
}
