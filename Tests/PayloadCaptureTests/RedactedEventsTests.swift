import CloudEvents
import HTTPMessages
import JSON
import NIOCore
import OpenInference
import PayloadCapture
import ServiceKit
import TestSupport
import Testing

@Suite struct `Redacted events` {
    private static let key = Array("0123456789abcdef".utf8)

    private func events(
        _ body: String,
        _ rules: [Redaction.Rule],
        response: String = #"{"outputs":[]}"#,
        keepsData: Bool = true,
        limit: Int = 1 << 16,
        _ change: (inout CapturePolicy) -> Void = { _ in }
    ) throws -> [CloudEvent] {
        var exchange = Exchange.of(Array(body.utf8), limit: limit)
        exchange.responseBody = CapturedBody(
            ByteBuffer(string: response),
            limit: 1 << 16,
            budget: CaptureBudget(limit: 1 << 20)
        )
        var policy = CapturePolicy()
        policy.headers = ["x-user-*", "x-team"]
        policy.redaction = Redaction(rules: rules, key: Self.key)
        change(&policy)
        var maker = PayloadEvents(policy: policy)
        var ids = IdentifierGenerator()
        return try maker.events(
            of: exchange,
            decision: Sampling.Decision(reason: .hash, standsFor: 1),
            keepsData: keepsData,
            generator: &ids
        )
    }

    private static let body = #"{"inputs":[{"name":"ssn","shape":[1],"datatype":"BYTES","data":["078-05-1120"]}]}"#

    @Test func `say what was done, and hash with HMAC-SHA-256`() throws {
        let rules = [
            Redaction.Rule(.body(.tensor("ssn")), .hash), Redaction.Rule(.header("x-user-*"), .hash),
            Redaction.Rule(.body(.column(.index(1), of: "other")), .mask),
        ]
        let events = try events(Self.body, rules)
        // Python: hmac.new(b"0123456789abcdef", b"078-05-1120", "sha256").hexdigest()[:32]
        let data = String(decoding: events[0].data ?? [], as: UTF8.self)
        #expect(data.contains(#""data":["hmac:1ef0ddfc5eafa0709a31b1f52b167679"]"#), "\(data)")
        let statement =
            #"[{"action":"hash","tensor":"ssn","values":1},{"action":"hash","header":"x-user-id"}]"#
        #expect(events[0][extension: "redaction"] == statement)
        // Python: hmac.new(b"0123456789abcdef", b"alice", "sha256").hexdigest()[:32]
        let metadata = #"{"X-User-Id":["hmac:fdbf8b1cacd3d578e062d0e41104357d"],"X-Team":["blue"]}"#
        #expect(events[0][extension: "metadata"] == metadata)
        #expect(events[1][extension: "redaction"] == nil)
    }

    @Test func `tell a body that cannot be redacted by its outline, its size and the reason`() throws {
        let rules = [Redaction.Rule(half: .request, .body(.column(.name("age"), of: nil)), .mask)]
        let body = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[41,2]}]}"#
        let events = try events(body, rules)
        #expect(events[0][extension: "truncated"] == "redaction")
        #expect(events[0][extension: "databytes"] == String(body.utf8.count))
        #expect(events[0][extension: "redaction"] == #"[{"action":"drop","payload":"unlocatable"}]"#)
        let outline = #"{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32"}]}"#
        #expect(events[0].data == Array(outline.utf8))
        #expect(events[1].data != nil && events[1][extension: "redaction"] == nil)
    }

    @Test func `have a keyed hash of a body that was cut, and none without a key`() throws {
        let rules = [Redaction.Rule(.body(.tensor("ssn")), .mask)]
        let event = try events(Self.body, rules, limit: 70)[0]
        #expect(event[extension: "datahash"]?.hasPrefix("hmac-sha256:") == true)
        #expect(event[extension: "dataref"] == nil)
        let unkeyed = try events(Self.body, rules, limit: 70) {
            $0.redaction = Redaction(rules: rules, key: nil)
        }[0]
        #expect(unkeyed[extension: "datahash"] == nil && unkeyed[extension: "dataref"] == nil)
        #expect(unkeyed[extension: "truncated"] == "limit")
    }

    @Test func `follow the rules of their model, and of all models where none is known`() throws {
        let rules = [Redaction.Rule(model: "loans*", .body(.tensor("ssn")), .mask)]
        #expect(try events(Self.body, rules)[0].data == Array(Self.body.utf8))
        #expect(try events(Self.body, rules) { $0.model = "loans-eu" }[0].data != Array(Self.body.utf8))
        var exchange = Exchange.of(Array(Self.body.utf8))
        exchange.target = "/predict"
        var policy = CapturePolicy()
        policy.redaction = Redaction(rules: rules, key: nil)
        var maker = PayloadEvents(policy: policy)
        var ids = IdentifierGenerator()
        let decision = Sampling.Decision(reason: .hash, standsFor: 1)
        let unknown = try maker.events(of: exchange, decision: decision, generator: &ids)
        #expect(String(decoding: unknown[0].data ?? [], as: UTF8.self).contains(#""***""#))
        #expect(maker.takeRedacted() == [.rewritten: 1])
    }

    @Test func `leave out the id that was replaced where a rule is about it`() throws {
        var exchange = Exchange.of(Array(Self.body.utf8))
        var ids = IdentifierGenerator()
        exchange.requestID = RequestID(from: { $0 == .requestID ? "alice smith" : nil }, generator: &ids)
        var policy = CapturePolicy()
        policy.redaction = Redaction(rules: [Redaction.Rule(.header("x-request-id"), .drop)], key: nil)
        var maker = PayloadEvents(policy: policy)
        let decision = Sampling.Decision(reason: .hash, standsFor: 1)
        let events = try maker.events(of: exchange, decision: decision, generator: &ids)
        #expect(events.allSatisfy { $0[extension: "originalrequestid"] == nil })
    }

    @Test(arguments: CapturePolicy.Profile.allCases)
    func `never hold a secret, in whichever dialect and form it came`(profile: CapturePolicy.Profile) throws {
        var generator = SplitMix(seed: 2026)
        var told = 0
        for _ in 0..<FuzzCases.count(or: 3000) {
            let call = SecretCall(using: &generator)
            var policy = CapturePolicy()
            policy.profile = profile
            policy.headers = ["*"]
            policy.redaction = call.redaction
            var maker = PayloadEvents(policy: policy)
            var ids = IdentifierGenerator()
            let events = try maker.events(
                of: call.exchange,
                decision: Sampling.Decision(reason: .hash, standsFor: 1),
                keepsData: call.keepsData,
                generator: &ids
            )
            for event in events {
                told += event.data == nil ? 0 : 1
                let forms = [
                    EventRecord.encode(number: 0, event: event), JSONFormat.encode(event),
                    HTTPBinding.encodeBinary(event).headers.flatMap { Array("\($0.name): \($0.value)\n".utf8) },
                ]
                for form in forms where SecretCall.isSecret(in: form) {
                    Issue.record("\(call.story): \(String(decoding: form, as: UTF8.self))")
                    return
                }
            }
        }
        #expect(told > 500, "most calls are told with what is not secret")
    }
}

/// Calls for the suite above.
private enum Exchange {
    static func of(_ body: [UInt8], limit: Int = 1 << 16, budget: Int = 1 << 20, _ fields: [(String, String)] = [])
        -> CapturedExchange
    {
        var ids = IdentifierGenerator()
        var exchange = CapturedExchange(
            requestID: RequestID(from: { $0 == .requestID ? "r" : nil }, generator: &ids),
            method: "POST",
            target: "/v2/models/m/infer?user=\(SecretCall.text)",
            requestedAt: Timestamp(nanoseconds: 1),
            requestFields: .list(
                fields.isEmpty
                    ? [("Content-Type", "application/json"), ("X-User-Id", "alice"), ("X-Team", "blue")] : fields
            ),
            chargedForHeads: 0
        )
        exchange.requestBody = CapturedBody(ByteBuffer(bytes: body), limit: limit, budget: CaptureBudget(limit: budget))
        exchange.responseFields = .list([("Content-Type", "application/json")])
        exchange.status = 200
        return exchange
    }
}

/// A call with secrets where rules say that they are, in a dialect and a form by chance.
private struct SecretCall {
    static let text = "SECRET-7f3a9c"
    static let number = 918273645.5463721

    let exchange: CapturedExchange
    let redaction: Redaction
    let keepsData: Bool
    /// What it is, for a failure.
    let story: String

    init(using generator: inout SplitMix) {
        let (dialect, type, length, body) = Self.body(using: &generator)
        let action = RedactionRule.Action.allCases.randomElement(using: &generator) ?? .drop
        var rules = [
            Redaction.Rule(.body(.tensor("secret")), action),
            Redaction.Rule(.body(.column(.name("hidden"), of: nil)), action),
            Redaction.Rule(.header("x-user-*"), action),
        ]
        if Bool.random(using: &generator), let path = try? RedactionPath("$..email") {
            rules.append(Redaction.Rule(.body(.path(path)), action))
        } else if let path = try? RedactionPath("$.parameters.email"), type == "application/json" {
            rules.append(Redaction.Rule(.body(.path(path)), action))
        }
        var bytes = body
        var fields = [("Content-Type", type), ("X-User-Name", Self.text)]
        let form = Int.random(in: 0..<8, using: &generator)
        switch form {
        case 0:
            bytes = Self.stored(body)
            fields.append(("Content-Encoding", "deflate"))
        case 1: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &generator)))
        case 2: fields[0].1 = ["text/csv", "application/grpc", "image/png", ""].randomElement(using: &generator) ?? ""
        default: break
        }
        if let length, form != 3 { fields.append(("Inference-Header-Content-Length", String(length))) }
        let limit = form == 4 ? Int.random(in: 0..<200, using: &generator) : 1 << 16
        let budget = form == 5 ? 10 : 1 << 20
        var exchange = Exchange.of(bytes, limit: limit, budget: budget, fields)
        if Bool.random(using: &generator) {
            // The other half may hold the same.
            exchange.responseFields = .list(fields)
            exchange.responseBody = exchange.requestBody
        }
        self.exchange = exchange
        redaction = Redaction(rules: rules, key: Array("0123456789abcdef".utf8))
        keepsData = form != 6
        story = "\(dialect), form \(form), \(action)"
    }

    private static func body(using generator: inout SplitMix) -> (String, type: String, length: Int?, [UInt8]) {
        let n = Double.random(in: 0..<1, using: &generator)
        let json: [(String, String)] = [
            (
                "V2",
                #"{"parameters":{"email":"\#(text)"},"inputs":[{"name":"secret","shape":[2],"datatype":"BYTES","data":["\#(text)","a"]},{"name":"x","shape":[1,2],"datatype":"FP64","data":[\#(n),1]},{"name":"hidden","shape":[1],"datatype":"FP64","data":[\#(number)]}]}"#
            ),
            (
                "V2, escaped",
                #"{"inputs":[{"shape":[1],"data":["\u0053ECRET-7f3a9c"],"datatype":"BYTES","\u006eame":"secret"},{"name":"hidden","shape":[1],"datatype":"BYTES","data":["x"]}]}"#
            ),
            (
                "TF rows",
                #"{"instances":[{"secret":["\#(text)"],"n":\#(n)},{"hidden":\#(number),"n":2,"secret":{"b64":"\#(Base64.encode(Array(text.utf8)))"}}]}"#
            ),
            ("TF columns", #"{"inputs":{"secret":[["\#(text)"]],"n":[\#(n)],"hidden":[\#(number)]}}"#),
            ("TF, unnamed", #"{"instances":[[\#(n),"\#(text)"]]}"#),
            (
                "MLflow",
                #"{"dataframe_split":{"columns":["n","hidden","secret"],"data":[[\#(n),\#(number),"\#(text)"]]}}"#
            ),
            ("MLflow records", #"{"dataframe_records":[{"n":1},{"n":\#(n),"hidden":\#(number),"secret":"\#(text)"}]}"#),
            ("Seldon", #"{"data":{"names":["hidden","n"],"ndarray":[["\#(text)",\#(n)],[\#(number),2]]}}"#),
            ("Seldon, unnamed", #"{"data":{"tensor":{"shape":[1,2],"values":[\#(n),\#(number)]}}}"#),
            ("Seldon JSON", #"{"jsonData":{"email":"\#(text)"}}"#),
            ("an error", #"{"error":"could not convert \#(text)"}"#),
            ("an unknown form", #"{"rows":[{"hidden":"\#(text)"}]}"#),
            (
                "an answer",
                #"{"outputs":[{"name":"p","shape":[1],"datatype":"FP32","data":[\#(n)]},{"name":"secret","shape":[1],"datatype":"FP64","data":[\#(number)]}]}"#
            ),
            ("a text", "could not convert \(text)"),
            ("CSV", "n,hidden,secret\n\(n),\(number),\(text)\n"),
        ]
        let index = Int.random(in: 0..<json.count + 2, using: &generator)
        if index < json.count {
            // A path is for JSON that has it: elsewhere an e-mail address would be no secret.
            let type = json[index].0 == "CSV" ? "text/csv" : "application/json"
            let body = json[index].0 == "Seldon JSON" ? #"{"jsonData":{"secret":"\#(text)"}}"# : json[index].1
            return (json[index].0, type, nil, Array(body.utf8))
        }
        var element: [UInt8] = withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) }
        element += text.utf8
        let numbers: [UInt8] = withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
        if index == json.count {
            let head = Array(
                #"{"inputs":[{"name":"secret","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":\#(element.count)}},{"name":"hidden","shape":[1],"datatype":"FP64","parameters":{"binary_data_size":8}}]}"#
                    .utf8
            )
            return ("V2, binary", "application/octet-stream", head.count, head + element + numbers)
        }
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(content.count)] + content
        }
        func tensor(_ name: String, _ datatype: String) -> [UInt8] {
            field(5, field(1, Array(name.utf8)) + field(2, Array(datatype.utf8)) + field(3, [1]))
        }
        let message =
            field(1, [0x6D]) + field(7, element) + tensor("secret", "BYTES") + tensor("hidden", "FP64")
            + field(7, numbers)
        return ("gRPC", "application/grpc", nil, [0, 0, 0, 0, UInt8(message.count)] + message)
    }

    /// The zlib form of some bytes, stored and not compressed (RFC 1950 and 1951).
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt16(bytes.count)
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        var stored: [UInt8] = [0x78, 0x01, 1]
        stored += [UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
        stored += bytes
        return stored + withUnsafeBytes(of: (b << 16 | a).bigEndian) { Array($0) }
    }

    private static let needles: [[UInt8]] = [
        Array(text.utf8), Array("918273645".utf8), Array(Base64.encode(Array(text.utf8)).utf8.dropLast(4)),
        withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) },
    ]

    static func isSecret(in bytes: [UInt8]) -> Bool {
        needles.contains { needle in
            guard bytes.count >= needle.count else { return false }
            return (0...bytes.count - needle.count).contains {
                bytes[$0] == needle[0] && bytes[$0..<$0 + needle.count].elementsEqual(needle)
            }
        }
    }
}
