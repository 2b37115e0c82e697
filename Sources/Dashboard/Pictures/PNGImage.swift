/// A picture of 8-bit red, green and blue, as a PNG file inside a page.
///
/// The pixels are stored without compression: what is drawn here has some kilobytes, and needs no library so.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)"; RFC 1950 and 1951 for the stored blocks.
struct PNGImage: Sendable {
    let width: Int
    let height: Int
    /// Red, green and blue by pixel, row by row, `3 × width × height` bytes.
    let pixels: [UInt8]

    init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == 3 * width * height, "three bytes a pixel")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The file as a `data:` address.
    var address: String { "data:image/png;base64," + Self.base64(bytes) }

    /// The file.
    var bytes: [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        Self.append("IHDR", Self.word(width) + Self.word(height) + [8, 2, 0, 0, 0], to: &file)
        Self.append("IDAT", compressed, to: &file)
        Self.append("IEND", [], to: &file)
        return file
    }

    /// The rows, each after a byte that says "not filtered", in a zlib stream of stored blocks.
    private var compressed: [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity((3 * width + 1) * height)
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * 3 * width..<(row + 1) * 3 * width]
        }
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let count = min(65535, rows.count - start)
            let isLast: UInt8 = start + count == rows.count ? 1 : 0
            let (low, high) = (UInt8(count & 0xFF), UInt8(count >> 8))
            stream += [isLast, low, high, ~low, ~high]
            stream += rows[start..<start + count]
            start += count
        } while start < rows.count
        return stream + Self.word(Int(Self.adler32(rows)))
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        let content = Array(type.utf8) + data
        file += word(data.count) + content + word(Int(crc32(content)))
    }

    private static func word(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { value, byte in crcTable[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
            for place in 0..<4 {
                let isPadding = start + place > bytes.count
                text.append(isPadding ? UInt8(ascii: "=") : digits[group >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
