import Foundation
import TestSupport

/// The built executable as a process of its own, at a port that it chooses.
final class LoggerProcess {
    private let process = Process()
    private let log: String
    /// Where it listens.
    let base: String

    /// Starts it and waits until it says where it listens.
    init(directory: TemporaryDirectory, log name: String, arguments: [String] = []) async throws {
        log = directory.file(name)
        directory.write([], to: name)
        process.executableURL = Self.executable
        process.arguments = ["--http-listen=127.0.0.1:0", "--state-directory=\(directory.file("state"))"] + arguments
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        base = try await Self.address(in: log, process)
    }

    /// `kill -9`: no handler of the process runs.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and the exit code.
    func terminate() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private static var executable: URL {
        // The folder of the tests' bundle is that of the executables too.
        Bundle(for: LoggerProcess.self).bundleURL.appending(path: "request-logger")
    }

    private static func address(in log: String, _ process: Process) async throws -> String {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while clock.now < deadline, process.isRunning {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let range = text.range(of: #"127\.0\.0\.1:[1-9][0-9]+"#, options: .regularExpression),
                text.contains("listening")
            {
                return "http://\(text[range])"
            }
            try await Task.sleep(for: .milliseconds(10))  // a process gives no other signal
        }
        throw NotListening(log: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }

    struct NotListening: Error { let log: String }
}
