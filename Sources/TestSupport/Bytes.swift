#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The bytes of a file, for fixtures that stand beside a test; stops the test when there is none.
package func bytes(ofFile path: String) -> [UInt8] {
    guard let stream = fopen(path, "rb") else { fatalError("cannot read \(path): \(errno)") }
    defer { fclose(stream) }
    fseek(stream, 0, SEEK_END)
    let size = ftell(stream)
    rewind(stream)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = fread(buffer.baseAddress, 1, size, stream)
    }
}

/// The path of a file named relative to the source file of the test that asks.
package func path(of name: String, beside source: String = #filePath) -> String {
    guard let slash = source.lastIndex(of: "/") else { return name }
    return "\(source[..<slash])/\(name)"
}

extension [UInt8] {
    /// The bytes written as pairs of hexadecimal digits, with spaces as one likes: `"93 4e 55"`.
    package init(hex text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        precondition(digits.count.isMultiple(of: 2), "an odd number of hexadecimal digits")
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Pairs of hexadecimal digits.
    package var hex: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }
        .joined(separator: " ")
    }
}
