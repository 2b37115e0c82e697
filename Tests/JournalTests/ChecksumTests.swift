import Journal
import Testing

@Suite struct `XXH64 checksum` {
    static let references: [(input: String, seed: UInt64, expected: UInt64, provenance: String)] = [
        ("", 0, 0xEF46_DB37_51D8_E999, "xxHash 0.8, XXH64 of nothing"),
        ("a", 0, 0xD24E_C4F1_A98C_6E5B, "python-xxhash 3.x: xxhash.xxh64_hexdigest('a')"),
        ("abc", 0, 0x44BC_2CF5_AD77_0999, "xxHash specification's test of 'abc'"),
        (
            "Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1,
            "python-xxhash's documentation, more than 32 bytes"
        ),
    ]

    @Test(arguments: references)
    func `equals the reference value`(input: String, seed: UInt64, expected: UInt64, provenance: String) {
        #expect([UInt8](input).withUnsafeBytes { Checksum.of($0, seed: seed) } == expected, "\(provenance)")
    }

    @Test func `changes with every single bit`() {
        let bytes = (0..<77).map { UInt8($0) }
        let whole = bytes.withUnsafeBytes { Checksum.of($0) }
        for bit in 0..<(bytes.count * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(changed.withUnsafeBytes { Checksum.of($0) } != whole)
        }
    }
}
