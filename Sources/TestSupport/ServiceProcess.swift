package import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A built executable as a process of its own, listening at a port that it chose.
package final class ServiceProcess {
    private let process = Process()
    private let logPath: String
    /// Where it listens: `http://127.0.0.1:40123`.
    package private(set) var base = ""

    /// Starts an executable and waits until it says where it listens.
    ///
    /// - Parameters:
    ///   - name: The executable's, which was built beside the tests.
    ///   - directory: Where its state and its log are.
    ///   - log: The log's name in the directory; a process that is started anew gets another.
    ///   - port: Where it listens; 0 lets it choose.
    /// - Throws: ``NotListening`` with its log when it ends, or says nothing for twenty seconds.
    package init(_ name: String, directory: String, log: String = "log", port: Int = 0, arguments: [String] = [])
        async throws
    {
        logPath = "\(directory)/\(log)"
        _ = FileManager.default.createFile(atPath: logPath, contents: nil)
        process.executableURL = Self.executable(name)
        process.arguments = ["--http-listen=127.0.0.1:\(port)", "--state-directory=\(directory)/state"] + arguments
        process.standardError = FileHandle(forWritingAtPath: logPath)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        base = try await address()
    }

    /// Runs an executable to its end.
    ///
    /// - Returns: Its exit code, and what it wrote to standard error.
    package static func run(_ name: String, arguments: [String]) throws -> (code: Int32, log: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = executable(name)
        process.arguments = arguments
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let log = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, log)
    }

    /// Its process id.
    package var identifier: Int32 { process.processIdentifier }

    /// What it logged so far.
    package var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// `kill -9`: nothing of the process runs any more.
    package func kill() {
        _ = signal(SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and the exit code of the stop.
    package func terminate() -> Int32 {
        beginStop()
        return end()
    }

    /// SIGTERM; the process goes on with what it has in hand.
    package func beginStop() { _ = signal(SIGTERM) }

    /// Waits until the process has ended, for its exit code.
    package func end() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit {
        if process.isRunning { kill() }
    }

    private func signal(_ number: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.kill(process.processIdentifier, number)
        #else
            Darwin.kill(process.processIdentifier, number)
        #endif
    }

    /// Where an executable lies: beside the one that runs the tests.
    package static func executable(_ name: String) -> URL {
        let tests = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return tests.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name)
    }

    private func address() async throws -> String {
        let ended = try await eventually(holds: { listening != nil || !process.isRunning })
        guard ended, let address = listening else { throw NotListening(log: log) }
        return address
    }

    /// Where its log says that it listens.
    private var listening: String? {
        guard let line = log.split(separator: "\n").first(where: { $0.contains("listening") }),
            let range = line.range(of: "127.0.0.1:")
        else { return nil }
        return "http://127.0.0.1:\(line[range.upperBound...].prefix { $0.isNumber })"
    }

    /// The process ended, or never listened.
    package struct NotListening: Error {
        /// What it logged.
        package let log: String
    }
}
