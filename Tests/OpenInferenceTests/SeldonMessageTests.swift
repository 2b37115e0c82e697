import CloudEvents
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

/// Messages that Seldon's own package wrote; scripts/reference/seldon_messages.py has the versions.
@Suite struct `Messages of Seldon's` {
    private static let reference = try? ReferenceValues.read("seldon-messages")
    static let bodies = (reference?["cases"]?.array ?? []).compactMap(`Bodies of real clients`.Body.init)
    /// Those in JSON, in which rules of redaction find tensors.
    static let jsonBodies = bodies.filter { $0.testDescription.hasSuffix("REST") }

    @Test func `are all there, each in gRPC and in JSON`() {
        #expect(Self.bodies.count == 60 && Self.jsonBodies.count == 30)
    }

    @Test(arguments: bodies)
    func `decode to the tensors that went in, by either way`(body: `Bodies of real clients`.Body) throws {
        let payload = try PayloadDecoder().decode(body.bytes, body.hints)
        #expect(payload.dialect == .seldon && payload.role == .request)
        #expect(payload.tensors.map(\.name) == body.tensors.compactMap { $0["name"]?.string })
        for (decoded, expected) in zip(payload.tensors, body.tensors) {
            #expect(decoded.tensor.shape == expected["shape"]?.array?.compactMap(\.int), "\(decoded.name)")
            let values = try #require(expected["values"]?.array)
            // Protobuf's JSON form does not say of which width a wrapped number was.
            #expect(decoded.tensor.datatype.rawValue == expected["datatype"]?.string, "\(decoded.name)")
            switch decoded.tensor {
            case .bytes(_, let texts):
                #expect(texts == values.compactMap { $0.string.flatMap { Base64.decode(Array($0.utf8)) } })
            case .bool(let truths): #expect(truths.elements == values.compactMap(\.bool))
            case .int64(let numbers): #expect(numbers.elements == values.compactMap { $0.string.flatMap { Int64($0) } })
            case .uint64(let numbers):
                #expect(numbers.elements == values.compactMap { $0.string.flatMap { UInt64($0) } })
            case .float32(let numbers): #expect(numbers.elements == values.compactMap { $0.double.map { Float($0) } })
            default: #expect(try decoded.tensor.converted(to: Double.self).elements == values.compactMap(\.double))
            }
        }
        if body.testDescription.hasPrefix("tensor, ") { #expect(payload.id == "p-1") }
    }

    @Test func `of a type that only their model knows are refused in gRPC and read by members in JSON`() throws {
        let unknown = try #require(Self.reference?["unknown"])
        let call = try #require(Base64.decode(Array((unknown["grpc"]?.string ?? "").utf8)))
        let hints = PayloadHints(contentType: "application/grpc", path: "/seldon.protos.Model/Predict")
        let error = #expect(throws: OpenInferenceError.self) { try PayloadDecoder().decode(call, hints) }
        #expect(error?.code == .datatype && error?.message.contains("seldon.protos.Metric") == true)
        #expect(error?.remedy.contains("tensorflow.TensorProto") == true)
        let rest = try #require(Base64.decode(Array((unknown["rest"]?.string ?? "").utf8)))
        #expect(try PayloadDecoder().decode(rest).tensors.map(\.name) == ["key", "value"])
    }

    @Test(arguments: [
        (#"{"customData":{"a":[1,2],"b":[3,4]}}"#, ["a", "b"]),
        (#"{"customData":{"a":{"b":1}}}"#, ["customData"]),
        (#"{"customData":[[1,2]]}"#, ["customData"]),
        (#"{"customData":"x"}"#, ["customData"]),
    ])
    func `of clients that know no protobuf are read as jsonData`(body: String, names: [String]) throws {
        #expect(try PayloadDecoder().decode(Array(body.utf8)).tensors.map(\.name) == names)
    }

    @Test(arguments: [
        #"{"customData":{"@type":"x/google.protobuf.Struct"}}"#,
        #"{"customData":{"@type":"x/google.protobuf.BytesValue","value":"?"}}"#,
        #"{"customData":{"@type":"x/google.protobuf.Int64Value","value":"1.5"}}"#,
        #"{"customData":{"@type":"x/google.protobuf.DoubleValue","value":[1,2]}}"#,
        #"{"customData":{"@type":"x/tensorflow.TensorProto"}}"#,
    ])
    func `that break the rules of their type are refused`(body: String) {
        #expect(throws: OpenInferenceError.self) { try PayloadDecoder().decode(Array(body.utf8)) }
    }

    @Test func `in other calls of the same service are no predictions`() {
        let hints = PayloadHints(contentType: "application/grpc", path: "/seldon.protos.Seldon/SendFeedback")
        let error = #expect(throws: OpenInferenceError.self) { try PayloadDecoder().decode([0, 0, 0, 0, 0], hints) }
        #expect(error?.code == .unknownDialect)
    }

    @Test func `that are nested without end are refused`() {
        // Value 6, list 1, Value 6, …: each level is a length and a key more around the one within.
        var bytes: [UInt8] = []
        for level in 0..<400 {
            var length: [UInt8] = []
            var rest = bytes.count
            repeat {
                length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            bytes = [level % 2 == 0 ? 0x0A : 0x32] + length + bytes
        }
        let message = [0x32, UInt8(bytes.count & 0x7F) | 0x80, UInt8(bytes.count >> 7)] + bytes
        let body = [0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
        let hints = PayloadHints(contentType: "application/grpc", path: "/seldon.protos.Seldon/Predict")
        let error = #expect(throws: OpenInferenceError.self) { try PayloadDecoder().decode(body, hints) }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: bodies)
    func `never crash a decoder when they are changed`(body: `Bodies of real clients`.Body) {
        let others = Self.bodies.map(\.bytes)
        let slow = FuzzCases.each(
            of: [body.bytes],
            seed: 52,
            or: 2000,
            share: Self.bodies.count,
            change: { file, generator in FuzzCases.changed(file, among: others, using: &generator) },
            { changed in
                do throws(OpenInferenceError) {
                    _ = try PayloadDecoder().decode(changed, body.hints)
                } catch {
                    if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
                }
            }
        )
        #expect(slow.isEmpty)
    }
}
