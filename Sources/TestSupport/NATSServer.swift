import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A real `nats-server` with JetStream, in a folder of its own, at a port that it keeps when it is started again.
package actor NATSServer {
    /// Where Debian and others put it; nil where it is not installed.
    private nonisolated static let executable = [
        "/usr/sbin/nats-server", "/usr/bin/nats-server", "/opt/homebrew/bin/nats-server",
    ]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether this machine has one.
    package static var isInstalled: Bool { executable != nil }

    private let directory: TemporaryDirectory
    private var process = Process()
    private var starts = 0
    private let port: LoopbackPort
    private let tlsArguments: [String]

    /// `nats://127.0.0.1:port`; with TLS `tls://localhost:port`.
    package nonisolated let address: String

    /// Starts it and waits until it is ready.
    ///
    /// - Parameters:
    ///   - tls: What it shows; without, it speaks no TLS.
    ///   - authority: Who has to vouch for clients; without, it asks for no certificate.
    package init(tls: TestCertificates.Pair? = nil, clientsOf authority: String? = nil) async throws {
        directory = TemporaryDirectory()
        port = try LoopbackPort.unused()
        address = tls == nil ? "nats://127.0.0.1:\(port.number)" : "tls://localhost:\(port.number)"
        var arguments = tls.map { ["--tls", "--tlscert", $0.certificate, "--tlskey", $0.key] } ?? []
        if let authority { arguments += ["--tlsverify", "--tlscacert", authority] }
        tlsArguments = arguments
        try await start()
    }

    /// `kill -9`.
    package func kill() {
        #if canImport(Glibc)
            Glibc.kill(process.processIdentifier, SIGKILL)
        #else
            Darwin.kill(process.processIdentifier, SIGKILL)
        #endif
        process.waitUntilExit()
    }

    /// Starts it with what it had stored.
    package func start() async throws {
        starts += 1
        let log = directory.file("log.\(starts)")
        process = Process()
        process.executableURL = URL(filePath: Self.executable ?? "nats-server")
        process.arguments =
            [
                "-a", "127.0.0.1", "-p", String(port.number), "-js", "-sd", directory.file("store"), "-l", log,
            ] + tlsArguments
        try process.run()
        func text() -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
        try await eventually { text().contains("Server is ready") && port.answers || !process.isRunning }
        guard process.isRunning, port.answers else { throw ServiceProcess.NotListening(log: text()) }
    }

    deinit {
        if process.isRunning { process.terminate() }
    }
}
