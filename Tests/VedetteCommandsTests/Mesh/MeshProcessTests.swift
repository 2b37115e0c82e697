import Foundation
import JSON
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `vedette up` as a process, with a service beside it.
@Suite struct `A mesh that is up` {
    @Test func `tells where each service is as JSON, and waits for one that has its usual address`() async throws {
        let directory = TemporaryDirectory()
        let port = try LoopbackPort.unused()
        let file = directory.file("mesh.yaml")
        try """
        services:
          - executable: request-logger
            name: record
            settings:
              http.listen: 127.0.0.1:\(port.number)
              state.directory: state
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let mesh = Process()
        mesh.executableURL = ServiceProcess.executable("vedette")
        mesh.arguments = ["up", file, "--format", "json"]
        let output = Pipe()
        mesh.standardOutput = output
        mesh.standardError = FileHandle.nullDevice
        try mesh.run()
        let line = try JSONValue(parsing: Array(output.fileHandleForReading.availableData))
        let url = "http://127.0.0.1:\(port.number)"
        #expect(
            line == [
                "service": "record", "executable": "request-logger", "url": .string(url), "control_url": .string(url),
            ]
        )
        kill(mesh.processIdentifier, SIGTERM)
        mesh.waitUntilExit()
        #expect(mesh.terminationStatus == 0)
        let log = String(decoding: bytes(ofFile: directory.file("mesh.log")), as: UTF8.self)
        #expect(log.contains("stopped") && !log.contains("Waiting on child channel"), "\(log)")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func `takes its services down however often it is told to stop`(by signal: CInt) async throws {
        let directory = TemporaryDirectory()
        let port = try LoopbackPort.unused()
        let file = directory.file("mesh.yaml")
        try """
        services:
          - executable: request-logger
            settings:
              http.listen: 127.0.0.1:\(port.number)
              state.directory: state
        """.write(toFile: file, atomically: true, encoding: .utf8)

        let mesh = Process()
        mesh.executableURL = ServiceProcess.executable("vedette")
        mesh.arguments = ["up", file]
        let output = Pipe()
        mesh.standardOutput = output
        mesh.standardError = FileHandle.nullDevice
        try mesh.run()
        // It prints a service's address once that is ready.
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).contains("request-logger"))
        #expect(port.answers)

        while mesh.isRunning {
            kill(mesh.processIdentifier, signal)
            try await Task.sleep(for: .milliseconds(1))  // as often as a person who is in a hurry, and more
        }
        #expect(mesh.terminationReason == .exit)
        #expect(mesh.terminationStatus == 0)
        #expect(!port.answers)
    }

    @Test func `is not up when a service without an address refuses its settings`() throws {
        let directory = TemporaryDirectory()
        let file = directory.file("mesh.yaml")
        try """
        services:
          - executable: request-logger
            settings:
              http.listn: 127.0.0.1:1
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let mesh = Process()
        mesh.executableURL = ServiceProcess.executable("vedette")
        mesh.arguments = ["up", file]
        let errors = Pipe()
        mesh.standardOutput = FileHandle.nullDevice
        mesh.standardError = errors
        try mesh.run()
        let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        mesh.waitUntilExit()
        #expect(mesh.terminationStatus == 78)
        #expect(told.contains("request-logger") && told.contains("mesh.log"))
    }
}
