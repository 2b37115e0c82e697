import JSON

/// What can be wrong with a `.safetensors` file, made from a sound one: each must be refused by file, and by tensor where
/// one is to blame.
package struct HostileSafetensors: Sendable {
    /// What is wrong.
    package let name: String
    /// Whether the refusal has to name the tensor.
    package let blamesTensor: Bool
    /// Makes the bytes from those of a sound file.
    ///
    /// - Parameter tensor: The tensor that is damaged, which holds FP32 and is not the last of the file.
    package let bytes: @Sendable (_ sound: [UInt8], _ tensor: String) -> [UInt8]

    /// Every way that a format's rule, or a network's, can be broken.
    package static let all: [HostileSafetensors] = [
        // The bytes of the file.
        whole("empty") { _ in [] },
        whole("shorter than its first eight bytes") { Array($0.prefix(7)) },
        whole("cut short in the header") { Array($0.prefix(20)) },
        whole("cut short in the numbers") { Array($0.dropLast(3)) },
        whole("longer than its tensors") { $0 + [0, 0, 0, 0] },
        whole("a header of 2^63 bytes") { length(1 << 63) + $0.dropFirst(8) },
        whole("a header of 99 MB in a small file") { length(99_000_000) + $0.dropFirst(8) },
        whole("a header longer than the file by one byte") { length(UInt64($0.count - 7)) + $0.dropFirst(8) },
        whole("a header that is no JSON") { length(4) + Array("{x}}".utf8) + $0.suffix(8) },
        whole("a header that is a list") { length(2) + Array("[]".utf8) + $0.suffix(8) },
        whole("a header without end") { _ in length(60_000) + [UInt8](repeating: UInt8(ascii: "["), count: 60_000) },
        whole("a pickle") { _ in [0x80, 0x04, 0x95] + [UInt8](repeating: 0x2E, count: 200) },
        // One tensor's entry.
        entry("data that overlaps its neighbour") { $0.moved(by: -4, 0, resizing: true) },
        entry("data that leaves a hole") { $0.moved(by: 4, 4) },
        entry("data beyond the end") { $0.moved(by: 1 << 40, 1 << 40) },
        entry("data that ends before it begins") { $0.with("data_offsets", [.integer(8), .integer(4)]) },
        entry("data before the beginning") { $0.moved(by: -(1 << 40), -(1 << 40)) },
        entry("offsets that are fractions") { $0.with("data_offsets", [.number(0.5), .number(4.5)]) },
        entry("no offsets") { $0.with("data_offsets", .null) },
        entry("a shape that overflows") { $0.with("shape", [.integer(1 << 62), .integer(1 << 62)]) },
        entry("a negative shape") { $0.with("shape", [.integer(-1), .integer(-4)]) },
        entry("a shape that its data do not fill") { $0.with("shape", [.integer(1)]) },
        entry("no type") { $0.with("dtype", .null) },
        entry("a type that nobody knows") { $0.with("dtype", .string("F32_EVIL")) },
        // Sound files that are not this network's.
        entry("32-bit integers in place of numbers") { $0.with("dtype", .string("I32")) },
        entry("half as many bytes to a number") { $0.halved("F16") },
        entry("the wide half of numbers") { $0.halved("BF16") },
        entry("another shape") { $0.flattened },
        HostileSafetensors(name: "NaN", blamesTensor: true) { filled($0, $1, with: .nan) },
        HostileSafetensors(name: "an infinity", blamesTensor: true) { filled($0, $1, with: -.infinity) },
        HostileSafetensors(name: "a tensor under another name", blamesTensor: true) { sound, tensor in
            rewritten(sound) { header in
                let found = header[tensor]
                header[tensor] = nil
                header["somebody.else"] = found
            }
        },
    ]

    private static func whole(_ name: String, _ bytes: @escaping @Sendable ([UInt8]) -> [UInt8]) -> HostileSafetensors {
        HostileSafetensors(name: name, blamesTensor: false) { sound, _ in bytes(sound) }
    }

    private static func entry(
        _ name: String,
        _ change: @escaping @Sendable (JSONValue) -> JSONValue
    ) -> HostileSafetensors {
        HostileSafetensors(name: name, blamesTensor: true) { sound, tensor in
            rewritten(sound) { header in header[tensor] = header[tensor].map(change) }
        }
    }

    private static func length(_ count: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    }

    private static func header(_ bytes: [UInt8]) -> (object: JSONObject, data: ArraySlice<UInt8>) {
        let count = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        guard let object = (try? JSONValue(parsing: Array(bytes[8..<8 + count])))?.object else {
            fatalError("the sound file has no header")
        }
        return (object, bytes[(8 + count)...])
    }

    private static func rewritten(_ bytes: [UInt8], _ change: (inout JSONObject) -> Void) -> [UInt8] {
        var (object, data) = header(bytes)
        change(&object)
        let text = JSONValue.object(object).serialized()
        return length(UInt64(text.count)) + text + data
    }

    private static func filled(_ bytes: [UInt8], _ tensor: String, with value: Float) -> [UInt8] {
        let (object, data) = header(bytes)
        guard let start = object[tensor]?["data_offsets"]?[0]?.int else { fatalError("there is no \(tensor)") }
        var bytes = bytes
        for (index, byte) in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init).enumerated() {
            bytes[data.startIndex + start + index] = byte
        }
        return bytes
    }
}

extension JSONValue {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONValue {
        var object = self.object ?? [:]
        object[key] = value
        return .object(object)
    }

    private var offsets: (start: Int64, end: Int64) {
        (Int64(self["data_offsets"]?[0]?.int ?? 0), Int64(self["data_offsets"]?[1]?.int ?? 0))
    }

    private var count: Int64 { (self["shape"]?.array ?? []).reduce(1) { $0 * Int64($1.int ?? 0) } }

    /// The entry with its data elsewhere; its shape follows when it is resized.
    fileprivate func moved(by start: Int64, _ end: Int64, resizing: Bool = false) -> JSONValue {
        let moved = with("data_offsets", [.integer(offsets.start + start), .integer(offsets.end + end)])
        return resizing ? moved.with("shape", [.integer(count + (end - start) / 4)]) : moved
    }

    /// The same bytes as twice as many elements of a type of two bytes.
    fileprivate func halved(_ type: String) -> JSONValue {
        with("dtype", .string(type)).with("shape", [.integer(2 * count)])
    }

    /// The same elements with one axis too many.
    fileprivate var flattened: JSONValue { with("shape", [.integer(1), .integer(count), .integer(1)]) }
}
