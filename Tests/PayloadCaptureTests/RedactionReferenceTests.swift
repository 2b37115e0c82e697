import CloudEvents
import HTTPMessages
import JSON
import NIOCore
import OpenInference
import PayloadCapture
import TestSupport
import Testing

/// Hashes by Python's hmac, and their places in datatypes by numpy; scripts/reference/redaction_values.py.
@Suite struct `Hashes in redacted tensors` {
    static let values = try? ReferenceValues.read("redaction")
    static let tensors = values?["tensors"]?.array ?? []

    private func redacted(_ body: [UInt8], jsonLength: Int? = nil) throws -> [UInt8] {
        let key = try #require(Self.values?["key"]?.string)
        let redaction = Redaction(rules: [.init(.body(.tensor("x")), .hash)], key: Array(key.utf8))
        var policy = CapturePolicy()
        policy.redaction = redaction
        var ids = IdentifierGenerator()
        var fields = [(name: "Content-Type", value: "application/json")]
        if let jsonLength { fields.append((name: "Inference-Header-Content-Length", value: "\(jsonLength)")) }
        var exchange = CapturedExchange(
            requestID: RequestID(from: { $0 == .requestID ? "r" : nil }, generator: &ids),
            method: "POST",
            target: "/v2/models/m/infer",
            requestedAt: Timestamp(nanoseconds: 1),
            requestFields: .list(fields),
            chargedForHeads: 0
        )
        let budget = CaptureBudget(limit: 1 << 20)
        exchange.requestBody = CapturedBody(ByteBuffer(bytes: body), limit: 1 << 20, budget: budget)
        var maker = PayloadEvents(policy: policy)
        let decision = Sampling.Decision(reason: .hash, standsFor: 1)
        let event = try maker.events(of: exchange, decision: decision, generator: &ids)[0]
        return try #require(event.data)
    }

    @Test func `have references for every datatype`() {
        #expect(Self.tensors.count == 13)
    }

    @Test(arguments: tensors)
    func `are those of the value in its datatype, in JSON and in bytes`(reference: JSONValue) throws {
        let datatype = try #require(reference["datatype"]?.string)
        let binary = try #require(reference["binary"]?.string.flatMap { Base64.decode(Array($0.utf8)) })
        let expected = try #require(reference["binaryExpected"]?.string.flatMap { Base64.decode(Array($0.utf8)) })
        let shown = try #require(reference["jsonExpected"]?.string)
        let count = try JSONValue(parsing: shown).array?.count ?? 0
        let head = Array(
            (#"{"inputs":[{"name":"x","shape":[\#(count)],"datatype":"\#(datatype)","#
                + #""parameters":{"binary_data_size":\#(binary.count)}}]}"#).utf8
        )
        #expect(try redacted(head + binary, jsonLength: head.count) == head + expected)
        guard let json = reference["json"]?.string else { return }
        func body(_ data: String) -> String {
            #"{"inputs":[{"name":"x","shape":[\#(count)],"datatype":"\#(datatype)","data":\#(data)}]}"#
        }
        let data = String(decoding: try redacted(Array(body(json).utf8)), as: UTF8.self)
        #expect(data.filter { $0 != " " } == body(shown).filter { $0 != " " })
    }

    @Test(arguments: values?["texts"]?.array ?? [])
    func `are those of the text`(reference: JSONValue) throws {
        let text = JSONValue.string(reference["text"]?.string ?? "").text
        func body(_ data: String) -> String {
            #"{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":[\#(data)]}]}"#
        }
        let expected = JSONValue.string(reference["expected"]?.string ?? "").text
        #expect(try redacted(Array(body(text).utf8)) == Array(body(expected).utf8))
    }
}
