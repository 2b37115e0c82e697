import Foundation

/// A real PostgreSQL in a folder of its own, reached by a socket there; it ends with the process that started it.
///
/// Nothing here blocks a thread of the cooperative pool: on a machine of two cores that would hold up the very tests that
/// use it.
package actor PostgreSQLServer {
    /// Where Debian and others put its programs; nil where it is not installed.
    private nonisolated static let programs: String? = {
        let debian = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return (debian.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" } + ["/opt/homebrew/bin"])
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }()

    /// Whether this machine has one.
    package static var isInstalled: Bool { programs != nil }

    private static let start = Task { try await PostgreSQLServer() }

    /// One for all tests of a process that do not stop it; each asks it for a database.
    package static var shared: PostgreSQLServer { get async throws { try await start.value } }

    private let directory: String
    private let keeper = Process()
    private let life = Pipe()
    private var databases = 0

    /// Makes a cluster, starts it and waits until it answers.
    package init() async throws {
        let bin = Self.programs ?? ""
        let directory = "/tmp/vedette-postgresql-\(UUID().uuidString.prefix(8))"  // short: a socket's path has a limit
        self.directory = directory
        // Whoever started this ends, however, and its pipe with it; then the server goes, and its folder.
        let script = """
            set -e
            mkdir -m 755 \(directory); cd \(directory)
            \(bin)/initdb -D data -U vedette -A trust -N --no-instructions >log 2>&1
            \(bin)/pg_ctl \(Self.control(directory).joined(separator: " ")) start >>log 2>&1 </dev/null
            touch ready
            trap '' TERM INT HUP
            read -r _ || true
            \(bin)/pg_ctl -D data -m immediate stop >>log 2>&1 || true
            rm -rf \(directory)
            """
        keeper.executableURL = URL(filePath: "/usr/bin/env")
        keeper.arguments = Self.asUser + ["sh", "-c", script]
        keeper.currentDirectoryURL = URL(filePath: "/tmp")
        keeper.standardInput = life
        keeper.standardOutput = FileHandle.nullDevice
        try keeper.run()
        let ready = "\(directory)/ready"
        try await eventually(within: .seconds(60)) {
            FileManager.default.fileExists(atPath: ready) || !keeper.isRunning
        }
        guard FileManager.default.fileExists(atPath: ready) else {
            throw Failure(
                program: "initdb",
                output: (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
            )
        }
    }

    /// PostgreSQL does not run as root; Debian's package comes with a user for it.
    private static var asUser: [String] {
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
    }

    private static func control(_ directory: String) -> [String] {
        [
            "-D", "\(directory)/data", "-l", "\(directory)/log", "-w", "-o",
            "'-c listen_addresses= -c unix_socket_directories=\(directory)'",
        ]
    }

    /// Makes an empty database.
    ///
    /// - Returns: Its URL.
    package func database() async throws -> String {
        databases += 1
        let name = "d\(databases)"
        try await run("createdb", ["-h", directory, "-U", "vedette", name])
        return "postgresql://vedette@/\(name)?host=\(directory)"
    }

    /// Runs SQL as `psql` does.
    ///
    /// - Returns: The rows, columns divided by `|`.
    @discardableResult
    package func sql(_ statement: String, in database: String) async throws -> String {
        try await run("psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement])
    }

    /// Stops it at once, as when its process is killed: connections break, what was not committed is gone.
    package func stop() async throws {
        try await run("pg_ctl", ["-D", "\(directory)/data", "-m", "immediate", "-w", "stop"])
    }

    /// Starts it again with what it had stored.
    package func start() async throws {
        try await run("pg_ctl", Self.control(directory).map { $0.trimmingCharacters(in: ["'"]) } + ["start"])
    }

    /// Runs a program to its end, which a file tells: Foundation holds a process to run as long as a child of it does,
    /// and the server is one of `pg_ctl`.
    @discardableResult
    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let folder = TemporaryDirectory()
        let output = folder.write([], to: "output")
        let status = folder.file("status")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", #"status=$1; shift; "$@"; echo $? >"$status.part"; mv "$status.part" "$status""#, "sh", status]
            + ["env"] + Self.asUser + ["\(Self.programs ?? "")/\(program)"] + arguments
        process.currentDirectoryURL = URL(filePath: "/tmp")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = process.standardOutput
        try process.run()
        let code = try await eventually(within: .seconds(60)) { try? String(contentsOfFile: status, encoding: .utf8) }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        guard code == "0\n" else { throw Failure(program: program, output: text) }
        return text.trimmingCharacters(in: .newlines)
    }

    /// A program of PostgreSQL that failed.
    package struct Failure: Error {
        package let program: String
        package let output: String
    }
}
