import TestSupport

/// The chunks of a PNG file, for damage behind checksums that are right.
///
/// Source: ISO/IEC 15948:2004, section 5.
struct PNGChunks {
    private var chunks: [(type: [UInt8], data: [UInt8])] = []

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    init(_ file: [UInt8]) {
        var place = Self.signature.count
        while place + 12 <= file.count {
            let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard place + 12 + length <= file.count else { break }
            chunks.append((Array(file[place + 4..<place + 8]), Array(file[place + 8..<place + 8 + length])))
            place += 12 + length
        }
    }

    /// The file with chunks damaged, dropped, doubled and moved.
    func changed(using generator: inout SplitMix) -> [UInt8] {
        var chunks = chunks
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !chunks.isEmpty {
            let place = Int.random(in: 0..<chunks.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: chunks.remove(at: place)
            case 1: chunks.insert(chunks[place], at: Int.random(in: 0...chunks.count, using: &generator))
            case 2: chunks.swapAt(place, Int.random(in: 0..<chunks.count, using: &generator))
            case 3:
                let types = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "iCCP", "zTXt", "sBIT", "bKGD", "eXIf"]
                chunks[place].type = Array((types.randomElement(using: &generator) ?? "IDAT").utf8)
            default: chunks[place].data = FuzzCases.changed(chunks[place].data, using: &generator)
            }
        }
        return chunks.reduce(into: Self.signature) { file, chunk in
            file += Self.bigEndian(UInt32(chunk.data.count)) + chunk.type + chunk.data
            file += Self.bigEndian(Self.checksum(chunk.type + chunk.data))
        }
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var remainder = UInt32.max
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~remainder
    }
}
