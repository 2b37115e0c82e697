import CloudEvents
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

/// Against protobuf by Google; scripts/reference/inference_messages.py has the version.
@Suite struct `Responses as gRPC's messages` {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let tensor: AnyTensor
        let isRaw: Bool
        let message: [UInt8]

        init?(_ value: JSONValue) {
            func bytes(_ value: JSONValue?) -> [UInt8]? { value?.string.flatMap { Base64.decode(Array($0.utf8)) } }
            guard let datatype = value["datatype"]?.string.flatMap(ElementType.init(rawValue:)),
                let isRaw = value["raw"]?.bool, let message = bytes(value["message"])
            else { return nil }
            if let texts = value["texts"]?.array {
                tensor = .bytes(shape: [2, 3], values: texts.compactMap { bytes($0) })
            } else if let elements = bytes(value["bytes"]),
                let tensor = elements.withUnsafeBytes({
                    try? ElementBytes.tensor(datatype, shape: [2, 3], bytes: $0, name: "reference")
                })
            {
                self.tensor = tensor
            } else {
                return nil
            }
            self.isRaw = isRaw
            self.message = message
            testDescription = "\(datatype.rawValue), \(isRaw ? "raw" : "typed")"
        }
    }

    static let cases = ((try? ReferenceValues.read("inference-messages"))?["responses"]?.array ?? []).compactMap(
        Case.init
    )

    @Test func `are all there`() {
        #expect(Self.cases.count == 25)
    }

    @Test(arguments: cases)
    func `are written byte for byte as protobuf writes them`(expected: Case) {
        let response = InferenceResponse(
            modelName: "digits",
            modelVersion: "2",
            id: "größe",
            parameters: ["share": 0.25],
            outputs: [NamedTensor(name: "out", tensor: expected.tensor, parameters: ["count": -3])]
        )
        let request = InferenceRequest(parameters: ["binary_data_output": .bool(expected.isRaw)], inputs: [])
        var writer = ProtobufWriter()
        response.write(for: request, to: &writer)
        #expect(writer.bytes == expected.message)
    }

    @Test func `of FP16 are raw, which is the only form that it has`() throws {
        let tensor = try Tensor<Float16>(shape: [1], elements: [1.5])
        let response = InferenceResponse(modelName: "m", outputs: [NamedTensor(name: "out", tensor)])
        var writer = ProtobufWriter()
        response.write(for: InferenceRequest(inputs: []), to: &writer)
        let hints = PayloadHints(contentType: "application/protobuf", role: .response)
        #expect(try PayloadDecoder().decode(writer.bytes, hints).tensors[0].tensor == .float16(tensor))
    }

    @Test func `begin behind a prefix that is filled afterwards`() {
        var writer = ProtobufWriter(prefix: 5)
        writer.text(1, "ab")
        writer.overwrite(at: 1, with: UInt32(writer.bytes.count - 5))
        #expect(writer.bytes == [0, 0, 0, 0, 4, 0x0A, 2, 0x61, 0x62])
    }
}

@Suite struct `Requests as gRPC's messages` {
    /// Two inputs, wishes, parameters of every kind.
    private let message: [UInt8] = {
        var writer = ProtobufWriter()
        writer.text(1, "digits")
        writer.text(2, "7")
        writer.text(3, "mine")
        writer.entry(4, "flag") { $0.always(1, unsigned: 1) }
        writer.entry(4, "text") { $0.always(3, text: "") }
        writer.entry(4, "large") { $0.always(5, unsigned: 1 << 40) }
        writer.message(5) { input in
            input.text(1, "x")
            input.text(2, "UINT8")
            input.packed(3, [1, 2])
        }
        writer.message(6) { wish in
            wish.text(1, "y")
            wish.entry(2, "classification") { $0.always(2, unsigned: 3) }
        }
        writer.message(7, bytes: [1, 2])
        return writer.bytes
    }()

    @Test func `are read with their parameters and wishes, and answered as they came`() throws {
        let request = try message.withUnsafeBytes { try InferenceRequest(decodingMessage: $0) }
        #expect(request.id == "mine" && request.inputs.map(\.name) == ["x"])
        #expect(request.inputs[0].tensor == .uint8(try Tensor(shape: [1, 2], elements: [1, 2])))
        #expect(
            request.parameters
                == ["flag": true, "text": "", "large": 1_099_511_627_776, "binary_data_output": true]
        )
        #expect(request.outputs == [.init(name: "y", parameters: ["classification": 3])])
    }

    @Test func `say whom they ask without their tensors being read`() {
        let asked = message.withUnsafeBytes { InferenceRequest.model(inMessage: $0) }
        #expect(asked.name == "digits" && asked.version == "7")
        #expect(message.withUnsafeBytes { InferenceRequest.identity(inMessage: $0) }.id == "mine")
        let broken: [UInt8] = [0x0A, 0xFF]
        #expect(broken.withUnsafeBytes { InferenceRequest.model(inMessage: $0) }.name.isEmpty)
    }

    @Test func `that end early are refused and never crash`() {
        for count in 0..<message.count {
            let start = Array(message.prefix(count))
            _ = start.withUnsafeBytes { bytes in try? InferenceRequest(decodingMessage: bytes) }
        }
    }
}

@Suite struct `Compressed bodies` {
    @Test(arguments: [0, 1, 1000, 300_000])
    func `inflate to what they were`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        for format in [Compression.Format.gzip, .zlib] {
            let small = Compression.deflate(bytes, as: format)
            #expect(Compression.isCompressed(small))
            #expect(small.first == (format == .gzip ? 0x1F : 0x78))
            #expect(try Compression.inflate(small, limit: count) == bytes)
        }
    }
}
