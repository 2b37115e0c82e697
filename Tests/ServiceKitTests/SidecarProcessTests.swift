import AsyncHTTPClient
import CloudEvents
import Foundation
import Glibc
import Journal
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// A sidecar in a process of its own.
final class ProbeProcess {
    let process = Process()
    private let errors = Pipe()
    private let output = Pipe()
    private(set) var log = ""

    init(_ arguments: [String], environment: [String: String] = [:], folder: TemporaryDirectory) throws {
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("sidecar-probe")
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardError = errors
        process.standardOutput = output
        try process.run()
    }

    /// Reads the log until it says where the process listens.
    func address() throws -> String {
        while true {
            if let range = log.range(of: "listening http.address="),
                let end = log[range.upperBound...].firstIndex(of: "\n")
            {
                return String(log[range.upperBound..<end])
            }
            let data = errors.fileHandleForReading.availableData
            guard !data.isEmpty else { throw ProbeEnded(log: log) }
            log += String(decoding: data, as: UTF8.self)
        }
    }

    struct ProbeEnded: Error { var log: String }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32) -> Int32 {
        kill(process.processIdentifier, signal)
        return exitCode()
    }

    func exitCode() -> Int32 {
        log += String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus
    }

    var printed: String { String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct `Sidecar as a process` {
    let folder = TemporaryDirectory()

    @Test(
        arguments: [
            (["--http-lisen", "127.0.0.1:0"], [:], 78, "--http-listen"),
            (["--log-level", "loud"], [:], 78, "trace, debug, info"),
            ([], ["VEDETTE_JOURNAL_CAPACITY": "1"], 78, "VEDETTE_JOURNAL_CAPACITY_BYTES"),
            (["--config", "missing.json"], [:], 78, "missing.json"),
            (["--http-listen", "0.0.0.0:0"], [:], 78, "--auth-token-file"),
            (["--sink-token-file", "missing"], [:], 78, "missing"),
            (["run"], [:], 64, "run"),
            (["--http-listen"], [:], 64, "no value"),
            (["--state-directory", "/proc/nowhere"], [:], 69, "/proc/nowhere"),
        ] as [([String], [String: String], Int32, String)]
    )
    func `stops before it starts with one line that says why`(
        arguments: [String],
        environment: [String: String],
        code: Int32,
        says: String
    ) throws {
        let probe = try ProbeProcess(arguments, environment: environment, folder: folder)
        #expect(probe.exitCode() == code)
        #expect(probe.log.split(separator: "\n").count == 1, "\(probe.log)")
        #expect(probe.log.contains(says), "\(probe.log)")
    }

    @Test func `ends with 69 when its port is taken`() throws {
        let first = try ProbeProcess([], folder: folder)
        let address = try first.address()
        let second = try ProbeProcess(["--http-listen", address, "--state-directory", "other"], folder: folder)
        #expect(second.exitCode() == 69)
        #expect(second.log.contains("port_in_use") && second.log.contains("--http-listen"), "\(second.log)")
        #expect(first.end(SIGTERM) == 0)
    }

    @Test func `ends with 69 when another has its state`() throws {
        let first = try ProbeProcess([], folder: folder)
        _ = try first.address()
        let second = try ProbeProcess([], folder: folder)
        #expect(second.exitCode() == 69)
        #expect(second.log.contains("journal_in_use"), "\(second.log)")
        #expect(first.end(SIGINT) == 0)
    }

    @Test func `prints its help and its version on standard output`() throws {
        let help = try ProbeProcess(["--help"], folder: folder)
        #expect(help.exitCode() == 0 && help.log.isEmpty)
        #expect(help.printed.contains("--journal-capacity-bytes"))
        let version = try ProbeProcess(["--version"], folder: folder)
        #expect(version.exitCode() == 0)
        #expect(version.printed.hasPrefix("sidecar-probe "))
    }

    @Test func `writes its log as JSON lines when asked`() throws {
        let probe = try ProbeProcess(["--log-format", "json", "--http-listen", "nowhere:1"], folder: folder)
        #expect(probe.exitCode() == 78)
        for line in probe.log.split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["level"] as? String == "error" && object["message"] is String)
        }
    }

    @Test func `handles and delivers what it has acknowledged before it stops`() async throws {
        let sink = folder.file("sink.jsonl")
        let probe = try ProbeProcess(["--sink-url", "file:\(sink)"], folder: folder)
        let url = "http://\(try probe.address())/"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let status = try await Self.post(url, String(number))
                    #expect(status == 202)
                }
            }
            try await group.waitForAll()
        }
        #expect(probe.end(SIGTERM) == 0, "\(probe.log)")
        let verdicts = try Self.verdicts(sink)
        #expect(verdicts == (1...100).map { "m-\($0 * 3)" })
    }

    @Test func `gives the same verdicts killed at any moment or not`() async throws {
        let sink = folder.file("sink.jsonl")
        let arguments = ["--sink-url", "file:\(sink)", "--snapshot-interval", "20ms"]
        var next = 0
        var acknowledged = 0
        for kills in [40, 95, 150, 222, 300] {
            let probe = try ProbeProcess(arguments, folder: folder)
            let url = "http://\(try probe.address())/"
            while next < kills {
                if try await Self.post(url, String(next)) == 202 { acknowledged += 1 }
                next += 1
            }
            // The last one is not waited for, so the kill meets it anywhere on its way; it is sent again afterwards.
            async let last = try? Self.post(url, String(next), within: .seconds(1))
            kill(probe.process.processIdentifier, SIGKILL)
            _ = await last
            _ = probe.exitCode()
        }
        let probe = try ProbeProcess(arguments, folder: folder)
        let url = "http://\(try probe.address())/"
        #expect(try await Self.post(url, String(next)) == 202)
        #expect(probe.end(SIGTERM) == 0, "\(probe.log)")
        #expect(acknowledged == 300)

        // A verdict may arrive twice, under one id, when the kill came between its delivery and the note of it.
        var seen = Set<String>()
        let verdicts = try Self.verdicts(sink).filter { seen.insert($0).inserted }
        #expect(verdicts == (1...100).map { "m-\($0 * 3)" })
    }

    private static func post(_ url: String, _ id: String, within timeout: TimeAmount = .seconds(20)) async throws -> Int
    {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = .init([
            ("ce-specversion", "1.0"), ("ce-id", id), ("ce-source", "/s"), ("ce-type", "t"), ("ce-model", "m"),
        ])
        let response = try await HTTPClient.shared.execute(request, timeout: timeout)
        _ = try await response.body.collect(upTo: 1 << 20)
        return Int(response.status.code)
    }

    private static func verdicts(_ path: String) throws -> [String] {
        try JSONFormat.decodeLines(try WholeFile.read(path, limit: 1 << 24)).map(\.id)
    }
}
