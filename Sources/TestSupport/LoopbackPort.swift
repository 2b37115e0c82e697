#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A TCP port of this machine.
package struct LoopbackPort: Sendable {
    package let number: UInt16

    /// A port at which nobody listens.
    package static func unused() throws -> LoopbackPort {
        let socket = Socket()
        var address = LoopbackPort(number: 0).address
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard bind(socket.descriptor, pointer, length) == 0,
                    getsockname(socket.descriptor, pointer, &length) == 0
                else { throw NoPort(code: errno) }
            }
        }
        return LoopbackPort(number: UInt16(bigEndian: address.sin_port))
    }

    /// Whether somebody takes connections there.
    package var answers: Bool {
        let socket = Socket()
        var address = address
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(socket.descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// The system gave none.
    package struct NoPort: Error {
        package let code: Int32
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
