package import NIOCore

extension MessageHead {
    /// What a proxy does to a head that it passes on; every other byte stays as it came.
    package struct Forwarding {
        /// Whether `Connection` and `Upgrade` stay, because the other protocol is to pass through.
        package var keepsUpgrade = false
        /// Fields that are left out besides those of the connection.
        package var dropped: FieldName?
        /// Whether a start line of HTTP/1.0 is passed on as HTTP/1.1.
        package var raisesVersion = false

        package init(keepsUpgrade: Bool = false, dropped: FieldName? = nil, raisesVersion: Bool = false) {
            self.keepsUpgrade = keepsUpgrade
            self.dropped = dropped
            self.raisesVersion = raisesVersion
        }
    }

    /// The head for the other side: hop-by-hop fields left out, `additions` behind the last field.
    ///
    /// - Parameters:
    ///   - additions: Writes further field lines, each with its CRLF.
    ///   - allocator: Where the new buffer comes from.
    package func forwarded(
        _ rules: Forwarding,
        allocator: ByteBufferAllocator,
        additions: (inout ByteBuffer) -> Void
    ) -> ByteBuffer {
        var out = allocator.buffer(capacity: bytes.readableBytes + 192)
        var runStart = 0
        let end = bytes.readableBytes - 2
        for field in fields where isLeftOut(field, rules) {
            copy(runStart..<field.start, to: &out)
            runStart = field.end
        }
        copy(runStart..<end, to: &out)
        if rules.raisesVersion, minorVersion == 0 {
            switch startLine {
            case .response: out.setInteger(0x31, at: out.readerIndex + 7, as: UInt8.self)
            case .request(_, let target):
                out.setInteger(0x31, at: out.readerIndex + target.upperBound + 8, as: UInt8.self)
            }
        }
        if !rules.keepsUpgrade, let te = value(.te), te.lowercased() == "trailers" {
            // Trailers pass through us, so the wish for them may too.
            out.writeStaticString("TE: trailers\r\nConnection: TE\r\n")
        }
        additions(&out)
        out.writeStaticString("\r\n")
        return out
    }

    private func isLeftOut(_ field: Field, _ rules: Forwarding) -> Bool {
        if field.name == rules.dropped, field.name != .other { return true }
        if field.name.isHopByHop {
            return !(rules.keepsUpgrade && (field.name == .connection || field.name == .upgrade))
        }
        return connection.contains(.named) && isNamedByConnection(field)
    }

    /// Whether a `Connection` field names this one: rare, and so by strings.
    private func isNamedByConnection(_ field: Field) -> Bool {
        let name = text(field.start..<field.start + field.nameLength).lowercased()
        return fields.contains { other in
            other.name == .connection
                && text(other.value).lowercased().split(separator: ",").contains { token in
                    token.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map(String.init) == name
                }
        }
    }

    private func copy(_ range: Range<Int>, to out: inout ByteBuffer) {
        guard !range.isEmpty else { return }
        bytes.withUnsafeReadableBytes { all in _ = out.writeBytes(all[range]) }
    }
}
