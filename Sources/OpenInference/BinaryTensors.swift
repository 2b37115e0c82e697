import JSON
import Tensors

/// The bytes behind the JSON of a message, handed out tensor by tensor (binary tensor data extension).
struct BinaryTensors {
    private let bytes: UnsafeRawBufferPointer
    private let limits: PayloadLimits
    private var tensorBytes: Int
    private var position = 0

    init(bytes: UnsafeRawBufferPointer, limits: PayloadLimits, tensorBytes: Int) {
        self.bytes = bytes
        self.limits = limits
        self.tensorBytes = tensorBytes
    }

    /// The tensor that an entry announces, from the bytes that are next.
    mutating func next(_ entry: TensorEntry) throws(OpenInferenceError) -> AnyTensor {
        guard let size = entry.binarySize else {
            throw OpenInferenceError(
                .missingField,
                "\(entry.place): data is missing",
                remedy: "Send data, or binary_data_size and bytes"
            )
        }
        let (datatype, shape, _) = try entry.description(limits, &tensorBytes)
        guard size <= bytes.count - position else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(entry.place): binary_data_size is \(size) and \(bytes.count - position) bytes are left",
                remedy: "Send all bytes of all binary tensors, in order"
            )
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + size])
        position += size
        return try Self.tensor(datatype, shape, part, entry.place)
    }

    /// Checks that every byte belonged to a tensor; white space may end a body without any.
    func finish() throws(OpenInferenceError) {
        let isBlank = position == 0 && bytes.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        guard position == bytes.count || isBlank else {
            throw OpenInferenceError(
                .sizeMismatch,
                "\(bytes.count - position) bytes belong to no tensor",
                remedy: "Announce every binary tensor by its binary_data_size"
            )
        }
    }

    /// A tensor from a body that is nothing but its elements.
    ///
    /// - Parameter shape: As the model declares it; the first axis, the batch, becomes 1, and one other may be -1.
    static func raw(
        _ body: [UInt8],
        datatype: ElementType,
        shape: [Int],
        name: String
    ) throws(OpenInferenceError) -> AnyTensor {
        guard let width = datatype.byteWidth else { return .bytes(shape: shape.map { _ in 1 }, values: [body]) }
        var shape = shape.isEmpty ? [] : [1] + shape.dropFirst()
        if let open = shape.firstIndex(of: -1) {
            let known = shape.reduce(width) { $1 == -1 ? $0 : $0 * max($1, 1) }
            shape[open] = body.count / known
        }
        return try body.withRawBytes { bytes throws(OpenInferenceError) in
            try tensor(datatype, shape, bytes, "input \"\(name)\"")
        }
    }

    /// A tensor from its bytes alone, as the binary extension and gRPC's raw contents have them.
    static func tensor(
        _ datatype: ElementType,
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ place: String
    ) throws(OpenInferenceError) -> AnyTensor {
        if datatype == .bytes { return .bytes(shape: shape, values: try strings(shape, bytes, place)) }
        do throws(TensorError) {
            return try ElementBytes.tensor(datatype, shape: shape, bytes: bytes, name: place)
        } catch {
            throw OpenInferenceError(tensor: error, in: place)
        }
    }

    /// BYTES elements: each a length of four bytes, little-endian, and that many bytes.
    static func strings(
        _ shape: [Int],
        _ bytes: UnsafeRawBufferPointer,
        _ place: String
    ) throws(OpenInferenceError) -> [[UInt8]] {
        let count = shape.reduce(1, *)
        guard count <= bytes.count / 4 else { throw brokenStrings(shape, count, bytes.count, place) }
        var values: [[UInt8]] = []
        values.reserveCapacity(count)
        var position = 0
        while position < bytes.count {
            guard values.count < count, position + 4 <= bytes.count else {
                throw brokenStrings(shape, count, bytes.count, place)
            }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
            guard length <= bytes.count - position else { throw brokenStrings(shape, count, bytes.count, place) }
            values.append([UInt8](bytes[position..<position + length]))
            position += length
        }
        guard values.count == count else { throw brokenStrings(shape, count, bytes.count, place) }
        return values
    }

    private static func brokenStrings(_ shape: [Int], _ count: Int, _ bytes: Int, _ place: String) -> OpenInferenceError
    {
        OpenInferenceError(
            .sizeMismatch,
            "\(place): \(bytes) bytes are not the \(count) elements of BYTES \(shape)",
            remedy: "Send each element as four bytes of length, little-endian, and its bytes"
        )
    }
}
