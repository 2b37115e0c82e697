#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Seeded bad input for decoders.
package enum FuzzCases {
    /// How many cases a decoder is given: `MESH_FUZZ_CASES` where it is set, for the long mode, otherwise `usual`.
    package static func count(or usual: Int) -> Int {
        getenv("MESH_FUZZ_CASES").flatMap { Int(String(cString: $0)) } ?? usual
    }

    /// A body with one to four faults: bits and bytes changed, pieces cut, doubled and moved, or the end missing.
    package static func changed(_ body: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var body = body
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !body.isEmpty {
            let place = Int.random(in: 0..<body.count, using: &generator)
            let length = Int.random(in: 0...min(16, body.count - place), using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: body[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: body[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 3: body.removeSubrange(place..<place + length)
            case 4: body.insert(contentsOf: body[place..<place + length], at: place)
            case 5: body.insert(contentsOf: "[{\"9e-}],".utf8.shuffled(using: &generator).prefix(3), at: place)
            default: body.removeLast(body.count - place)
            }
        }
        return body
    }
}
