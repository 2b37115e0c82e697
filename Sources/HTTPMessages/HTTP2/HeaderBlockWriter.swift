package import NIOCore

/// Writes fields as literals that enter no table: what may stand in any header block.
///
/// Source: RFC 7541, section 6.2.2.
package enum HeaderBlockWriter {
    /// Adds a field.
    ///
    /// - Parameter name: In lower case.
    package static func write(_ name: StaticString, _ value: String, to out: inout ByteBuffer) {
        out.writeInteger(UInt8(0))
        write(length: name.utf8CodeUnitCount, to: &out)
        out.writeStaticString(name)
        write(length: value.utf8.count, to: &out)
        out.writeString(value)
    }

    /// How many bytes ``write(_:_:to:)`` adds.
    static func size(of name: StaticString, _ value: String) -> Int {
        let (name, value) = (name.utf8CodeUnitCount, value.utf8.count)
        return 1 + size(ofLength: name) + name + size(ofLength: value) + value
    }

    private static func write(length: Int, to out: inout ByteBuffer) {
        guard length >= 127 else {
            out.writeInteger(UInt8(length))
            return
        }
        out.writeInteger(UInt8(127))
        var rest = length - 127
        while rest >= 128 {
            out.writeInteger(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        out.writeInteger(UInt8(rest))
    }

    private static func size(ofLength length: Int) -> Int {
        guard length >= 127 else { return 1 }
        var (size, rest) = (2, length - 127)
        while rest >= 128 {
            size += 1
            rest >>= 7
        }
        return size
    }
}
