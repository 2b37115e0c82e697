package import NIOCore

/// The start line and field lines of one HTTP/1 message, kept as the bytes that came.
///
/// Fields are offsets into ``bytes``, so that passing a head on is a copy of its lines and looking at one is a slice.
package struct MessageHead: Sendable {
    /// One field line.
    package struct Field: Sendable {
        /// Which of the fields that we know it is.
        package var name: FieldName
        /// Offset of the line's first byte.
        var start: Int
        /// Length of the name in bytes.
        var nameLength: Int
        /// The value without the white space around it, as offsets.
        var value: Range<Int>
        /// Offset just behind the line's CRLF.
        var end: Int
    }

    /// What the first line says.
    package enum StartLine: Sendable {
        /// Method and target as offsets.
        case request(method: Range<Int>, target: Range<Int>)
        /// The status code, 100 to 999.
        case response(status: Int)
    }

    /// Start line, field lines and the empty line, from the reader index on.
    package let bytes: ByteBuffer
    /// The first line.
    package let startLine: StartLine
    /// 0 or 1, of HTTP/1.x.
    package let minorVersion: Int
    /// The field lines in their order.
    package let fields: [Field]
    /// What the `Connection` fields say.
    package let connection: ConnectionOptions
    /// How long the fields say the body is.
    package let declaredLength: DeclaredLength

    /// The status code of a response, 0 for a request.
    package var status: Int {
        if case .response(let status) = startLine { status } else { 0 }
    }

    /// The method of a request, empty for a response.
    package var method: String {
        if case .request(let method, _) = startLine { text(method) } else { "" }
    }

    /// The target of a request as it came, with its query; empty for a response.
    package var target: String {
        if case .request(_, let target) = startLine { text(target) } else { "" }
    }

    /// Whether a request's method is `name`, without making a string of it.
    package func isMethod(_ name: StaticString) -> Bool {
        guard case .request(let method, _) = startLine else { return false }
        return equals(method, name)
    }

    /// Whether the sender keeps the connection open behind this message, by its version and fields.
    package var keepsConnection: Bool {
        minorVersion == 1 ? !connection.contains(.close) : connection.contains(.keepAlive)
    }

    /// Whether the sender asks for another protocol, or says that it now speaks it.
    package var asksForUpgrade: Bool { connection.contains(.upgrade) && has(.upgrade) }

    /// Whether a field of this name is there.
    package func has(_ name: FieldName) -> Bool { fields.contains { $0.name == name } }

    /// The first value of the field, nil without one.
    package func value(_ name: FieldName) -> String? {
        fields.first { $0.name == name }.map { text($0.value) }
    }

    /// Every field as text, in order; bytes that are not UTF-8 are replaced.
    package var headers: [(name: String, value: String)] {
        fields.map { (text($0.start..<$0.start + $0.nameLength), text($0.value)) }
    }

    /// The bytes of a range of offsets as text.
    func text(_ range: Range<Int>) -> String {
        bytes.getString(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ""
    }

    /// Whether the bytes at `range` are those of `name`, case included.
    private func equals(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return bytes.withUnsafeReadableBytes { all in
            name.withUTF8Buffer { expected in all[range].elementsEqual(expected) }
        }
    }
}

/// What the `Connection` fields of a head say.
package struct ConnectionOptions: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The connection ends behind this message.
    package static let close = ConnectionOptions(rawValue: 1)
    /// It does not, though the version would say so.
    package static let keepAlive = ConnectionOptions(rawValue: 2)
    /// The `Upgrade` field is meant.
    package static let upgrade = ConnectionOptions(rawValue: 4)
    /// Other fields are named, and go no further than this connection.
    package static let named = ConnectionOptions(rawValue: 8)
}

/// How long the fields of a head say its body is.
package enum DeclaredLength: Hashable, Sendable {
    /// Nothing is said: none for a request; up to the end of the connection for a response.
    case unstated
    /// `Content-Length`, in bytes.
    case bytes(Int)
    /// `Transfer-Encoding: chunked`; `andBytes` when a response gave a `Content-Length` besides, which does not count.
    case chunked(andBytes: Bool)
}
