import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `vedette up` as a process, with a service beside it.
@Suite struct `A mesh that is up` {
    @Test func `takes its services down however often it is told to stop`() async throws {
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
            kill(mesh.processIdentifier, SIGTERM)
            try await Task.sleep(for: .milliseconds(1))  // as often as a person who is in a hurry, and more
        }
        #expect(mesh.terminationReason == .exit)
        #expect(mesh.terminationStatus == 0)
        #expect(!port.answers)
    }
}

/// A TCP port of this machine.
private struct LoopbackPort {
    let number: UInt16

    /// A port at which nobody listens.
    static func unused() throws -> LoopbackPort {
        let socket = Socket()
        var address = LoopbackPort(number: 0).address
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try #require(bind(socket.descriptor, pointer, length) == 0)
                try #require(getsockname(socket.descriptor, pointer, &length) == 0)
            }
        }
        return LoopbackPort(number: UInt16(bigEndian: address.sin_port))
    }

    /// Whether somebody takes connections there.
    var answers: Bool {
        let socket = Socket()
        var address = address
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(socket.descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private var address: sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// A stream socket that closes itself.
    private final class Socket {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif

        deinit { close(descriptor) }
    }
}
