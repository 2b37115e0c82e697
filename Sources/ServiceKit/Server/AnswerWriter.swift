import HTTPTypes
import NIOCore

/// Writes the answers of one connection as HTTP/1.1: a hot route's at once, Hummingbird's part by part.
///
/// A body whose length is not known beforehand goes in chunks, or to a client of HTTP/1.0 up to the end of the
/// connection (RFC 9112, section 6.3).
struct AnswerWriter {
    /// How the end of a body is told.
    private enum Framing {
        case none, length, chunks, close
    }

    private var framing = Framing.none

    /// What an answer must know of its request.
    struct Request {
        var isHead: Bool
        /// 0 or 1, of HTTP/1.x.
        var minorVersion: Int
    }

    /// Bodies up to here are copied behind their head, so that both leave in one piece.
    private static let copiedBytes = 64 << 10

    /// Whether only the end of the connection tells the end of the answer that was begun.
    var endsByClosing: Bool { framing == .close }

    /// A whole answer, in one buffer or, where the body is large, in two.
    static func whole(
        _ response: HotResponse,
        closes: Bool,
        _ allocator: ByteBufferAllocator
    ) -> (head: ByteBuffer, body: ByteBuffer?) {
        let length = response.body.readableBytes
        let isCopied = length <= copiedBytes
        var out = allocator.buffer(capacity: 192 + (isCopied ? length : 0))
        writeStatus(response.status, to: &out)
        for (name, value) in response.headers { write(name, value, to: &out) }
        if response.status != .noContent, response.status != .notModified {
            out.writeStaticString("Content-Length: ")
            write(length, to: &out)
            out.writeStaticString("\r\n")
        }
        if closes { out.writeStaticString("Connection: close\r\n") }
        out.writeStaticString("\r\n")
        guard isCopied else { return (out, response.body) }
        out.writeImmutableBuffer(response.body)
        return (out, nil)
    }

    /// The head of an answer that comes in parts.
    mutating func begin(
        _ head: HTTPResponse,
        to request: Request,
        closes: Bool,
        _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var out = allocator.buffer(capacity: 512)
        Self.writeStatus(head.status, to: &out)
        for field in head.headerFields where field.name != .connection && field.name != .transferEncoding {
            Self.write(field.name.rawName, field.value, to: &out)
        }
        framing = Self.framing(of: head, to: request)
        if framing == .chunks { out.writeStaticString("Transfer-Encoding: chunked\r\n") }
        if closes || framing == .close {
            out.writeStaticString("Connection: close\r\n")
        } else if request.minorVersion == 0 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        out.writeStaticString("\r\n")
        return out
    }

    /// A part of its body as it goes on the wire, nil where there is nothing to write.
    func part(_ body: ByteBuffer, _ allocator: ByteBufferAllocator) -> ByteBuffer? {
        switch framing {
        case .none: return nil
        case .length, .close: return body
        case .chunks:
            guard body.readableBytes > 0 else { return nil }  // an empty chunk would be the last one
            var out = allocator.buffer(capacity: body.readableBytes + 20)
            out.writeString(String(body.readableBytes, radix: 16))
            out.writeStaticString("\r\n")
            out.writeImmutableBuffer(body)
            out.writeStaticString("\r\n")
            return out
        }
    }

    /// What ends the body: in chunks also with fields that are known only then (RFC 9112, section 7.1.2).
    func end(_ trailer: HTTPFields?) -> ByteBuffer {
        guard framing == .chunks else { return ByteBuffer() }
        var out = ByteBuffer(string: "0\r\n")
        for field in trailer ?? [:] { Self.write(field.name.rawName, field.value, to: &out) }
        out.writeStaticString("\r\n")
        return out
    }

    private static func framing(of head: HTTPResponse, to request: Request) -> Framing {
        if request.isHead || head.status == .noContent || head.status == .notModified { return .none }
        if head.headerFields[.contentLength] != nil { return .length }
        return request.minorVersion == 1 ? .chunks : .close
    }

    private static func writeStatus(_ status: HTTPResponse.Status, to out: inout ByteBuffer) {
        switch status.code {
        case 200: out.writeStaticString("HTTP/1.1 200 OK\r\n")
        case 202: out.writeStaticString("HTTP/1.1 202 Accepted\r\n")
        default:
            out.writeStaticString("HTTP/1.1 ")
            write(status.code, to: &out)
            out.writeStaticString(" ")
            out.writeString(status.reasonPhrase)
            out.writeStaticString("\r\n")
        }
    }

    /// Writes a field; one whose name or value would break the lines is left out.
    private static func write(_ name: String, _ value: String, to out: inout ByteBuffer) {
        guard !name.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: ":") }),
            !value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 })
        else { return }
        out.writeString(name)
        out.writeStaticString(": ")
        out.writeString(value)
        out.writeStaticString("\r\n")
    }

    /// Writes a number in decimal.
    private static func write(_ number: Int, to out: inout ByteBuffer) { out.writeString(String(number)) }
}
