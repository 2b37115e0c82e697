import CloudEvents
import Foundation
import JSON
import OpenInference
import Tensors

/// The decoder of payloads on a batch of 1,000 rows of 784 numbers, in each form in which they are written.
enum DecodingCases {
    static func run() throws {
        let floats = try Tensor(shape: [1000, 784], elements: RandomFloats.make(784_000))
        let shortest = floats.elements.map { "\($0)" }.joined(separator: ",")
        // Python writes a float32 that became a float64 with all the digits of the latter.
        let long = floats.elements.map { String(format: "%.17g", Double($0) * 1.1) }.joined(separator: ",")
        let tensor = { (type: String, data: String) in
            Array(#"{"inputs":[{"name":"x","shape":[1000,784],"datatype":"\#(type)","data":[\#(data)]}]}"#.utf8)
        }
        for (digits, data) in [("shortest", shortest), ("17 digits", long)] {
            try decode("v2 json, FP32, \(digits)", tensor("FP32", data))
            try decode("v2 json, FP64, \(digits)", tensor("FP64", data))
            try decode("tf-serving instances, \(digits)", Array(#"{"instances":[\#(data)]}"#.utf8))
            try decode("seldon ndarray, \(digits)", Array(#"{"data":{"ndarray":[\#(data)]}}"#.utf8))
        }
        let request = InferenceRequest(inputs: [NamedTensor(name: "x", floats)])
        let (binary, length) = try request.encodedBinary()
        try decode("v2 binary", binary, PayloadHints(jsonLength: length))
        let raw = binary.suffix(4 * floats.count)
        let grpc = PayloadHints(contentType: "application/grpc", role: .request)
        try decode("v2 grpc, raw contents", message(field(7, Array(raw))), grpc)
        try decode("v2 grpc, typed contents", message([], contents: field(5, field(6, Array(raw)))), grpc)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.count, alignment: 64)
        defer { copy.deallocate() }
        try PayloadCases.measure("a copy of the elements, for comparison", bytes: raw.count) {
            raw.withUnsafeBytes { copy.copyMemory(from: $0) }
        }
    }

    private static func decode(_ name: String, _ body: [UInt8], _ hints: PayloadHints = PayloadHints()) throws {
        try PayloadCases.measure(name, bytes: body.count) { _ = try PayloadDecoder().decode(body, hints) }
    }

    /// A framed ModelInferRequest with one tensor.
    private static func message(_ rest: [UInt8], contents: [UInt8] = []) -> [UInt8] {
        let shape = field(3, varint(1000) + varint(784))
        let tensor = field(1, Array("x".utf8)) + field(2, Array("FP32".utf8)) + shape + contents
        let message = field(5, tensor) + rest
        return [0] + withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) } + message
    }

    private static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}
