import Foundation
import Glibc

/// A TCP connection that says exactly what it is told; it blocks, so each test reads what it knows to come.
final class LoopbackSocket {
    private let descriptor: Int32
    private var received = ""

    struct Refused: Error {}

    /// - Parameter base: `http://127.0.0.1:PORT`.
    init(_ base: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = (UInt16(base.split(separator: ":").last ?? "") ?? 0).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else { throw Refused() }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What has come, once it is enough or the server has closed.
    func receive(until isEnough: (String) -> Bool) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !isEnough(received) {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return received
    }

    /// The whole answer to a request, which is forgotten with this.
    func answer(to request: String) -> String {
        received = ""
        send(request)
        return receive { text in
            guard let end = text.range(of: "\r\n\r\n") else { return false }
            let length = text[..<end.lowerBound].split(separator: "\r\n")
                .first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
            return text[end.upperBound...].utf8.count >= length ?? 0
        }
    }
}
