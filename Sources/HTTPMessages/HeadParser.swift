import NIOCore

/// Reads a complete head, from its first byte to its empty line.
///
/// Strict where two readers could come to different ends of the message (request smuggling, RFC 9112, section 11.2):
/// every line ends in CRLF, no space before the colon, no folded lines, no control characters, one `Content-Length`,
/// `Transfer-Encoding` only as `chunked` and never beside a `Content-Length` in a request.
struct HeadParser {
    private let role: MessageReader.Role
    private let base: UnsafeRawBufferPointer
    private var fields: [MessageHead.Field] = []
    private var options: ConnectionOptions = []
    private var contentLength: Int?
    private var isChunked = false

    private init(role: MessageReader.Role, base: UnsafeRawBufferPointer) {
        self.role = role
        self.base = base
    }

    /// The head in `bytes`, which end with its empty line.
    ///
    /// - Throws: `.malformed`, `.ambiguousLength` or `.unsupportedVersion`, with what was seen.
    static func parse(_ bytes: ByteBuffer, role: MessageReader.Role) throws(HTTPSyntaxError) -> MessageHead {
        let outcome = bytes.withUnsafeReadableBytes { base -> Result<MessageHead, HTTPSyntaxError> in
            Result { () throws(HTTPSyntaxError) in
                var parser = HeadParser(role: role, base: base)
                return try parser.parse(keeping: bytes)
            }
        }
        return try outcome.get()
    }

    private mutating func parse(keeping bytes: ByteBuffer) throws(HTTPSyntaxError) -> MessageHead {
        var position = try lineEnd(from: 0)
        let (startLine, minorVersion) = try role == .request ? requestLine(0..<position) : statusLine(0..<position)
        position += 2
        fields.reserveCapacity(12)
        while true {
            let end = try lineEnd(from: position)
            if end == position { break }
            try readField(position..<end)
            position = end + 2
        }
        return MessageHead(
            bytes: bytes,
            startLine: startLine,
            minorVersion: minorVersion,
            fields: fields,
            connection: options,
            declaredLength: try declaredLength(minorVersion: minorVersion)
        )
    }

    /// The offset of the CR that ends the line at `start`.
    private func lineEnd(from start: Int) throws(HTTPSyntaxError) -> Int {
        var index = start
        while index < base.count {
            let byte = base[index]
            if byte < 0x20 || byte == 0x7F {
                if byte == 0x0D, index + 1 < base.count, base[index + 1] == 0x0A { return index }
                if byte != 0x09 {
                    throw HTTPSyntaxError(
                        .malformed,
                        "byte 0x\(String(byte, radix: 16)) at offset \(index) of the head"
                    )
                }
            }
            index += 1
        }
        throw HTTPSyntaxError(.malformed, "the head has no empty line")
    }

    private func requestLine(
        _ line: Range<Int>
    ) throws(HTTPSyntaxError) -> (MessageHead.StartLine, minorVersion: Int) {
        let methodEnd = index(of: 0x20, in: line)
        guard let methodEnd, methodEnd > 0, isToken(line.lowerBound..<methodEnd),
            let targetEnd = index(of: 0x20, in: methodEnd + 1..<line.upperBound), targetEnd > methodEnd + 1,
            !base[methodEnd + 1..<targetEnd].contains(0x09)
        else { throw HTTPSyntaxError(.malformed, "the request line is not method, target and version") }
        let version = try minorVersion(targetEnd + 1..<line.upperBound)
        return (.request(method: line.lowerBound..<methodEnd, target: methodEnd + 1..<targetEnd), version)
    }

    private func statusLine(
        _ line: Range<Int>
    ) throws(HTTPSyntaxError) -> (MessageHead.StartLine, minorVersion: Int) {
        guard line.count >= 12, base[8] == 0x20, let status = number(9..<12), status >= 100,
            line.count == 12 || base[12] == 0x20
        else { throw HTTPSyntaxError(.malformed, "the status line is not version, code and reason") }
        return (.response(status: status), try minorVersion(0..<8))
    }

    private func minorVersion(_ range: Range<Int>) throws(HTTPSyntaxError) -> Int {
        guard range.count == 8, base[range.lowerBound..<range.lowerBound + 7].elementsEqual("HTTP/1.".utf8),
            let minor = number(range.upperBound - 1..<range.upperBound), minor <= 1
        else {
            throw HTTPSyntaxError(.unsupportedVersion, "the version is neither HTTP/1.0 nor HTTP/1.1")
        }
        return minor
    }

    private mutating func readField(_ line: Range<Int>) throws(HTTPSyntaxError) {
        guard let colon = index(of: 0x3A, in: line), colon > line.lowerBound, isToken(line.lowerBound..<colon) else {
            throw HTTPSyntaxError(.malformed, "the field line at offset \(line.lowerBound) has no proper name")
        }
        var value = colon + 1..<line.upperBound
        while let first = value.first, isBlank(base[first]) { value.removeFirst() }
        while let last = value.last, isBlank(base[last]) { value.removeLast() }
        let name = FieldName(base[line.lowerBound..<colon])
        fields.append(
            MessageHead.Field(
                name: name,
                start: line.lowerBound,
                nameLength: colon - line.lowerBound,
                value: value,
                end: line.upperBound + 2
            )
        )
        switch name {
        case .connection: try readConnection(value)
        case .contentLength:
            guard contentLength == nil, let length = number(value) else {
                throw HTTPSyntaxError(.ambiguousLength, "Content-Length is not one whole number")
            }
            contentLength = length
        case .transferEncoding:
            guard !isChunked, isWord(value, "chunked") else {
                throw HTTPSyntaxError(.ambiguousLength, "Transfer-Encoding is something else than chunked")
            }
            isChunked = true
        default: break
        }
    }

    /// Reads the options of a `Connection` field, a list of tokens.
    private mutating func readConnection(_ value: Range<Int>) throws(HTTPSyntaxError) {
        var rest = value
        while !rest.isEmpty {
            var token = rest.lowerBound..<(index(of: 0x2C, in: rest) ?? rest.upperBound)
            rest = min(token.upperBound + 1, rest.upperBound)..<rest.upperBound
            while let first = token.first, isBlank(base[first]) { token.removeFirst() }
            while let last = token.last, isBlank(base[last]) { token.removeLast() }
            if token.isEmpty { continue }
            if isWord(token, "close") {
                options.insert(.close)
            } else if isWord(token, "keep-alive") {
                options.insert(.keepAlive)
            } else if isWord(token, "upgrade") {
                options.insert(.upgrade)
            } else {
                switch FieldName(base[token]) {
                case .contentLength, .transferEncoding, .host:
                    throw HTTPSyntaxError(.ambiguousLength, "Connection names a field that must reach the model")
                case .te, .keepAlive, .proxyConnection: break  // never passed on anyway
                default: options.insert(.named)
                }
            }
        }
    }

    private func declaredLength(minorVersion: Int) throws(HTTPSyntaxError) -> DeclaredLength {
        guard isChunked else { return contentLength.map(DeclaredLength.bytes) ?? .unstated }
        if role == .request {
            guard contentLength == nil, minorVersion == 1 else {
                throw HTTPSyntaxError(.ambiguousLength, "Transfer-Encoding beside a Content-Length or in HTTP/1.0")
            }
        }
        return .chunked(andBytes: contentLength != nil)
    }

    // MARK: Bytes

    private func index(of byte: UInt8, in range: Range<Int>) -> Int? { base[range].firstIndex(of: byte) }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// One to eighteen digits and nothing else.
    private func number(_ range: Range<Int>) -> Int? {
        guard (1...18).contains(range.count) else { return nil }
        var value = 0
        for index in range {
            let digit = base[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private func isWord(_ range: Range<Int>, _ lowercased: StaticString) -> Bool {
        guard range.count == lowercased.utf8CodeUnitCount else { return false }
        return lowercased.withUTF8Buffer { word in
            zip(base[range], word).allSatisfy { byte, expected in
                byte == expected || (byte | 0x20 == expected && expected >= 0x61)
            }
        }
    }

    /// RFC 9110, section 5.6.2: letters, digits and a few signs.
    private func isToken(_ range: Range<Int>) -> Bool {
        base[range].allSatisfy { byte in
            let table = byte < 64 ? Self.tokensBelow64 : Self.tokensFrom64
            return byte < 128 && table & (1 << UInt64(byte & 63)) != 0
        }
    }

    private static let tokensBelow64 = bits("!#$%&'*+-.0123456789", from: 0)
    private static let tokensFrom64 = bits("ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~", from: 64)

    private static func bits(_ characters: String, from first: UInt8) -> UInt64 {
        characters.utf8.reduce(0) { $0 | 1 << UInt64($1 - first) }
    }
}
