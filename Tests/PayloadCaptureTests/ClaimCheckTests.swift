import CloudEvents
import HTTPMessages
import NIOCore
import OpenInference
import PayloadCapture
import TestSupport
import Testing

@Suite struct `Claim checks` {
    private let folder = TemporaryDirectory()

    private func event(_ body: String, _ change: (inout CapturePolicy) -> Void = { _ in }) throws -> CloudEvent {
        var ids = IdentifierGenerator()
        var exchange = CapturedExchange(
            requestID: RequestID(from: { $0 == .requestID ? "r" : nil }, generator: &ids),
            method: "POST",
            target: "/v2/models/m/infer",
            requestedAt: Timestamp(nanoseconds: 1),
            requestFields: .list([("Content-Type", "application/json")]),
            chargedForHeads: 0
        )
        let budget = CaptureBudget(limit: 1 << 20)
        exchange.requestBody = CapturedBody(ByteBuffer(string: body), limit: 1 << 20, budget: budget)
        exchange.status = 200
        var policy = CapturePolicy()
        policy.claims = ClaimCheck(
            store: try PayloadStore(directory: folder.file("payloads"), capacity: 1000),
            limit: 100,
            prefix: "http://tap:9089/v1/payloads/"
        )
        change(&policy)
        var maker = PayloadEvents(policy: policy)
        let decision = Sampling.Decision(reason: .hash, standsFor: 1)
        return try maker.events(of: exchange, decision: decision, generator: &ids)[0]
    }

    private func body(_ values: Int) -> String {
        let data = Array(repeating: "0.5", count: values).joined(separator: ",")
        return #"{"inputs":[{"name":"x","shape":[1,\#(values)],"datatype":"FP32","data":[\#(data)]}]}"#
    }

    @Test func `take the place of data that are large, with hash, size and outline`() throws {
        let large = body(50)
        let event = try event(large)
        let reference = try #require(event[extension: "dataref"])
        let name = String(reference.dropFirst("http://tap:9089/v1/payloads/".count))
        #expect(event.data == nil && event.dataContentType == "application/json")
        #expect(event[extension: "datahash"] == "sha256:\(name)")
        #expect(event[extension: "databytes"] == String(large.utf8.count))
        let outline = #"{"inputs":[{"name":"x","shape":[1,50],"datatype":"FP32"}]}"#
        #expect(event[extension: "dataoutline"] == outline)
        #expect(bytes(ofFile: folder.file("payloads/\(name)")) == Array(large.utf8))
        #expect(try self.event(body(1)).data == Array(body(1).utf8))
    }

    @Test func `have the outline by JSON paths where a body follows no dialect`() throws {
        let mapping = PayloadMapping(
            request: [.init(name: "amount", path: try JSONPath("$.rows[*].amount"))],
            response: []
        )
        let rows = Array(repeating: #"{"amount":1.5}"#, count: 20).joined(separator: ",")
        let event = try event(#"{"rows":[\#(rows)]}"#) { $0.paths = PayloadMappings(models: ["m": mapping]) }
        let outline = #"{"inputs":[{"name":"amount","shape":[20],"datatype":"FP64"}]}"#
        #expect(event.data == nil && event[extension: "dataoutline"] == outline)
        // What is no JSON has none.
        let other = try self.event(#"{"rows":[\#(rows)"#) { $0.paths = PayloadMappings(models: ["m": mapping]) }
        #expect(other.data == nil && other.extensions["dataoutline"] == nil)
    }

    @Test func `hold nothing that a rule has taken`() throws {
        let event = try event(body(50)) {
            $0.redaction = Redaction(rules: [Redaction.Rule(.body(.tensor("x")), .mask)], key: nil)
        }
        let name = try #require(event[extension: "datahash"]).dropFirst("sha256:".count)
        let file = String(decoding: bytes(ofFile: folder.file("payloads/\(name)")), as: UTF8.self)
        #expect(file.contains("[0,0,0") && !file.contains("0.5"))
        #expect(event[extension: "redaction"]?.contains("mask") == true)
    }

    @Test func `leave the oldest files when there is no room, and find the others after a restart`() throws {
        let store = try PayloadStore(directory: folder.file("store"), capacity: 100)
        let names = try (0..<4).map { index in try store.keep([UInt8](repeating: UInt8(index), count: 30)) }
        #expect(store.bytes == 90)
        #expect(try store.read(names[0] ?? "") == nil)
        #expect(try store.read(names[3] ?? "") == [UInt8](repeating: 3, count: 30))
        #expect(try store.keep([UInt8](repeating: 3, count: 30)) == names[3])
        #expect(store.bytes == 90)
        #expect(try store.keep([UInt8](repeating: 9, count: 101)) == nil)
        #expect(try store.read("../../etc/passwd") == nil)
        let again = try PayloadStore(directory: folder.file("store"), capacity: 100)
        #expect(again.bytes == 90)
        #expect(try again.read(names[1] ?? "") != nil)
    }
}
