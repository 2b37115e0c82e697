import CloudEvents
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

/// Bodies that other people's clients and servers wrote; scripts/reference/payload_bodies.py has the versions.
@Suite struct `Bodies of real clients` {
    struct Body: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let hints: PayloadHints
        let tensors: [JSONValue]

        init?(_ value: JSONValue) {
            guard let name = value["name"]?.string, let body = value["body"]?.string,
                let bytes = Base64.decode(Array(body.utf8)), let tensors = value["tensors"]?.array
            else { return nil }
            testDescription = name
            self.bytes = bytes
            self.tensors = tensors
            hints = PayloadHints(
                dialect: value["hints"]?["dialect"]?.string.flatMap(PayloadDialect.init(rawValue:)),
                contentType: value["hints"]?["contentType"]?.string,
                path: value["hints"]?["path"]?.string,
                role: value["role"]?.string.flatMap(Payload.Role.init(rawValue:)),
                jsonLength: value["hints"]?["jsonLength"]?.int
            )
        }
    }

    static let bodies = ((try? ReferenceValues.read("payloads"))?["cases"]?.array ?? []).compactMap(Body.init)

    /// Among how many bodies the cases of the long mode are divided: those of one form.
    static func share(of body: Body) -> Int {
        func form(_ body: Body) -> String {
            let name = body.testDescription
            return ["HTTP, binary", "gRPC", "MLServer", "MLflow", "OpenAI"].first { name.contains($0) } ?? name
        }
        return bodies.count { form($0) == form(body) }
    }

    @Test func `are all there`() {
        #expect(Self.bodies.count == 24)
    }

    @Test(arguments: bodies)
    func `decode to the tensors that went in`(body: Body) throws {
        let payload = try PayloadDecoder().decode(body.bytes, body.hints)
        #expect(payload.role == body.hints.role)
        #expect(payload.tensors.map(\.name) == body.tensors.compactMap { $0["name"]?.string })
        for (decoded, expected) in zip(payload.tensors, body.tensors) {
            #expect(decoded.tensor.datatype.rawValue == expected["datatype"]?.string, "\(decoded.name)")
            #expect(decoded.tensor.shape == expected["shape"]?.array?.compactMap(\.int), "\(decoded.name)")
            let values = try #require(expected["values"]?.array)
            switch decoded.tensor {
            case .bytes(_, let texts):
                #expect(texts == values.compactMap { $0.string.flatMap { Base64.decode(Array($0.utf8)) } })
            case .bool(let truths): #expect(truths.elements == values.compactMap(\.bool))
            case .uint64(let numbers): #expect(numbers.elements == values.compactMap { $0.double.map { UInt64($0) } })
            case .float32(let numbers): #expect(numbers.elements == values.compactMap { $0.double.map { Float($0) } })
            default: #expect(try decoded.tensor.converted(to: Double.self).elements == values.compactMap(\.double))
            }
        }
    }

    @Test func `carry ids, models and parameters over gRPC`() throws {
        let body = try #require(Self.bodies.first { $0.testDescription == "tritonclient gRPC, raw" })
        let request = try PayloadDecoder().decode(body.bytes, body.hints)
        #expect(request.id == "7" && request.modelName == "m" && request.modelVersion == "1")
        let answer = try #require(Self.bodies.first { $0.testDescription == "gRPC, response" })
        let response = try PayloadDecoder().decode(answer.bytes, answer.hints)
        #expect(response.id == "9" && response.modelName == "m" && response.modelVersion == "3")
    }

    @Test(arguments: bodies)
    func `never crash a decoder when they are changed`(body: Body) {
        let others = Self.bodies.map(\.bytes)
        let slow = FuzzCases.each(
            of: [body.bytes],
            seed: 51,
            or: 4000,
            share: Self.share(of: body),
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
