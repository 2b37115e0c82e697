import CloudEvents
import OpenInference
import Tensors
import TestSupport
import Testing

/// Streams of gRPC messages, put together from messages that tritonclient wrote (see `ClientBodyTests`).
@Suite struct `Streams of gRPC messages` {
    private static let path = "/inference.GRPCInferenceService/ModelStreamInfer"

    private func body(_ name: String) throws -> [UInt8] {
        try #require(`Bodies of real clients`.bodies.first { $0.testDescription == name }).bytes
    }

    private func decode(_ body: [UInt8], role: Payload.Role, path: String? = path, limits: PayloadLimits = .standard)
        throws -> Payload
    {
        let hints = PayloadHints(contentType: "application/grpc", path: path, role: role)
        return try PayloadDecoder(limits: limits).decode(body, hints)
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        [0] + withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) } + message
    }

    /// A length-delimited protobuf field.
    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = bytes.count
        while rest >= 128 {
            length.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return [number << 3 | 2] + length + [UInt8(rest)] + bytes
    }

    @Test func `have the rows of their messages under each other`() throws {
        let one = try body("tritonclient gRPC, raw")
        let single = try decode(one, role: .request)
        let triple = try decode(one + one + one, role: .request)
        #expect(triple.modelName == single.modelName && triple.tensors.map(\.name) == single.tensors.map(\.name))
        for (many, alone) in zip(triple.tensors, single.tensors) {
            #expect(many.tensor.shape == [3 * alone.tensor.rows] + alone.tensor.shape.dropFirst())
            for part in 0..<3 {
                let rows = alone.tensor.rows
                #expect(many.tensor.rows(part * rows..<(part + 1) * rows) == alone.tensor, "\(many.name)")
            }
        }
    }

    @Test func `are unwrapped where Triton answers them, without those that failed`() throws {
        let message = Array(try body("gRPC, response").dropFirst(5))
        let plain = try decode(framed(message), role: .response, path: "/inference.GRPCInferenceService/ModelInfer")
        let wrapped =
            framed(field(2, message)) + framed(field(1, Array("no".utf8))) + framed(field(1, []) + field(2, message))
        let payload = try decode(wrapped, role: .response)
        #expect(payload.modelName == plain.modelName)
        #expect(payload.rows == plain.rows.map { 2 * $0 })
        let error = try #require(throws: OpenInferenceError.self) {
            try decode(framed(field(1, Array("no".utf8))), role: .response)
        }
        #expect(error.code == .malformed)
    }

    @Test func `are refused where their messages are unlike, or too many, or too large`() throws {
        // One input x of FP32 with contents, and one of another name, another datatype, and other rows.
        func input(_ name: String, _ datatype: String, _ shape: [UInt8]) -> [UInt8] {
            let raw = [UInt8](repeating: 0, count: shape.reduce(1) { $0 * Int($1) } * 4)
            let tensor = field(1, Array(name.utf8)) + field(2, Array(datatype.utf8)) + field(3, shape)
            return framed(field(5, tensor) + field(7, raw))
        }
        let first = input("x", "FP32", [1, 2])
        #expect(try decode(first + input("x", "FP32", [3, 2]), role: .request).rows == 4)
        for other in [input("y", "FP32", [1, 2]), input("x", "INT32", [1, 2]), input("x", "FP32", [1, 3])] {
            let error = try #require(throws: OpenInferenceError.self) { try decode(first + other, role: .request) }
            #expect(error.code == .malformed, "\(error)")
        }
        let empty = [UInt8](repeating: 0, count: 5 * 65537)
        #expect(try #require(throws: OpenInferenceError.self) { try decode(empty, role: .request) }.code == .tooLarge)
        var small = PayloadLimits.standard
        small.tensorBytes = 20
        #expect(try decode(first + first, role: .request, limits: small).rows == 2)
        let error = try #require(throws: OpenInferenceError.self) {
            try decode(first + first + first, role: .request, limits: small)
        }
        #expect(error.code == .tooLarge)
    }

    @Test func `are redacted one by one, also where Triton wraps them, and the texts of its errors left out`() throws {
        let rule = RedactionRule(.tensor(NamePattern("x")), .mask)
        let redactor = BodyRedactor(rules: [rule]) { _ in [] }
        // Input 5 or output 5 with x of FP32 [1, 2], and its raw contents in field 7 or 6.
        let tensor = field(5, field(1, Array("x".utf8)) + field(2, Array("FP32".utf8)) + field(3, [1, 2]))
        let values: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
        let request = framed(tensor + field(7, values))
        let masked = Tensor<Float>(shape: [2, 2]) { _ = $0.initialize(from: [Float](repeating: 0, count: 4)) }
        let hints = PayloadHints(contentType: "application/grpc", path: Self.path, role: .request)
        let asked = try #require(redactor.redact(request + request, hints).bytes)
        #expect(try decode(asked, role: .request)["x"] == .float32(masked))
        let answer = framed(field(2, tensor + field(6, values)))
        let failed = framed(field(1, Array("secret".utf8)))
        let answerHints = PayloadHints(contentType: "application/grpc", path: Self.path, role: .response)
        let told = try #require(redactor.redact(answer + failed + answer, answerHints).bytes)
        #expect(try decode(told, role: .response)["x"] == .float32(masked))
        #expect(!String(decoding: told, as: UTF8.self).contains("secret"))
    }

    @Test func `of other services are not read as something that they are not`() throws {
        let one = try body("tritonclient gRPC, raw")
        let error = try #require(throws: OpenInferenceError.self) {
            try decode(one, role: .request, path: "/tensorflow.serving.PredictionService/Predict")
        }
        #expect(error.code == .unknownDialect)
    }
}
