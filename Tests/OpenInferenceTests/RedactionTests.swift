import CloudEvents
import JSON
import OpenInference
import Tensors
import TestSupport
import Testing

/// A stand-in for HMAC that anybody can compute: the bytes again and again, 32 of them.
private let repeated: KeyedHash = { value in (0..<32).map { value.isEmpty ? 0 : value[$0 % value.count] } }

private func tensor(_ name: String, _ action: RedactionRule.Action) -> RedactionRule {
    RedactionRule(.tensor(NamePattern(name)), action)
}

private func column(
    _ column: RedactionRule.Column,
    of tensor: String? = nil,
    _ action: RedactionRule.Action
) -> RedactionRule {
    RedactionRule(.column(column, of: tensor.map { NamePattern($0) }), action)
}

private func path(_ text: String, _ action: RedactionRule.Action) -> RedactionRule {
    guard let path = try? RedactionPath(text) else { fatalError("no path: \(text)") }
    return RedactionRule(.path(path), action)
}

@Suite struct `Redaction of bodies` {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let hints: PayloadHints
        let rules: [RedactionRule]
        /// What comes out; nil where nothing may.
        let expected: String?
        let refusal: RedactionRefusal?

        init(
            _ name: String,
            _ body: String,
            _ rules: [RedactionRule],
            _ expected: String,
            _ hints: PayloadHints = PayloadHints()
        ) {
            testDescription = name
            (self.body, self.hints, self.rules, self.expected, refusal) = (body, hints, rules, expected, nil)
        }

        init(
            _ name: String,
            _ body: String,
            _ rules: [RedactionRule],
            refused: RedactionRefusal,
            _ hints: PayloadHints = PayloadHints()
        ) {
            testDescription = name
            (self.body, self.hints, self.rules, expected, refusal) = (body, hints, rules, nil, refused)
        }
    }

    static let v2 =
        #"{"id": "1", "inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1, 2.5],[3,4]]}, "#
        + #"{"name":"b","datatype":"BYTES","data":["x","\u0079"],"shape":[2]}]}"#

    static let openInference = [
        Case(
            "one tensor masked, the rest byte for byte",
            v2,
            [tensor("b", .mask)],
            #"{"id": "1", "inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1, 2.5],[3,4]]}, "#
                + #"{"name":"b","datatype":"BYTES","data":["***","***"],"shape":[2]}]}"#
        ),
        Case(
            "the first tensor dropped",
            v2,
            [tensor("a", .drop)],
            #"{"id": "1", "inputs":[ {"name":"b","datatype":"BYTES","data":["x","\u0079"],"shape":[2]}]}"#
        ),
        Case(
            "the last tensor dropped",
            v2,
            [tensor("b*", .drop)],
            #"{"id": "1", "inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1, 2.5],[3,4]]}]}"#
        ),
        Case("all tensors dropped", v2, [tensor("*", .drop)], #"{"id": "1", "inputs":[]}"#),
        Case(
            "a column by place, nested",
            v2,
            [column(.index(1), of: "a", .mask)],
            #"{"id": "1", "inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1, 0],[3,0]]}, "#
                + #"{"name":"b","datatype":"BYTES","data":["x","\u0079"],"shape":[2]}]}"#
        ),
        Case(
            "a column by place, flat, data before the shape",
            #"{"inputs":[{"data":[1,2,3,4],"shape":[2,2],"datatype":"FP64","name":"a"}]}"#,
            [column(.index(0), .drop)],
            #"{"inputs":[{"data":[null,2,null,4],"shape":[2,2],"datatype":"FP64","name":"a"}]}"#
        ),
        Case(
            "a tensor that is a column, by the column's name",
            #"{"inputs":[{"name":"ssn","shape":[1],"datatype":"BYTES","data":["12"]},{"name":"x","shape":[1,2],"datatype":"INT8","data":[1,2]}]}"#,
            [column(.name("ssn"), .hash)],
            #"{"inputs":[{"name":"ssn","shape":[1],"datatype":"BYTES","data":["hmac:31323132313231323132313231323132"]},{"name":"x","shape":[1,2],"datatype":"INT8","data":[1,2]}]}"#
        ),
        // The hash of "7" is 0x37 32 times: the low bits of the first eight bytes, the high ones for floats.
        Case(
            "numbers hashed into their datatype",
            #"{"inputs":[{"name":"a","shape":[1],"datatype":"INT8","data":[7]},{"name":"b","shape":[1],"datatype":"UINT16","data":[7.0]},{"name":"c","shape":[1],"datatype":"FP32","data":[7e0]},{"name":"d","shape":[1],"datatype":"FP64","data":[7]},{"name":"e","shape":[1],"datatype":"BOOL","data":[true]}]}"#,
            [tensor("*", .hash)],
            #"{"inputs":[{"name":"a","shape":[1],"datatype":"INT8","data":[55]},{"name":"b","shape":[1],"datatype":"UINT16","data":[14135]},{"name":"c","shape":[1],"datatype":"FP32","data":[3618615]},{"name":"d","shape":[1],"datatype":"FP64","data":[1942729251022566]},{"name":"e","shape":[1],"datatype":"BOOL","data":[false]}]}"#
        ),
        Case(
            "dropped numbers of integer types become 0",
            #"{"outputs":[{"name":"a","shape":[1,2],"datatype":"INT32","data":[7,8]}]}"#,
            [column(.index(1), .drop)],
            #"{"outputs":[{"name":"a","shape":[1,2],"datatype":"INT32","data":[7,0]}]}"#
        ),
        Case(
            "a name given twice",
            #"{"inputs":[{"name":"a","name":"b","shape":[1],"datatype":"FP32","data":[1]}]}"#,
            [tensor("a", .mask)],
            refused: .unreadable
        ),
        Case(
            "inputs given twice",
            #"{"inputs":[],"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}"#,
            [tensor("a", .mask)],
            refused: .unreadable
        ),
        Case(
            "more elements than the shape says",
            #"{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2,3]}]}"#,
            [column(.index(0), .mask)],
            refused: .unreadable
        ),
        Case("a column by name where columns have none", v2, [column(.name("age"), .mask)], refused: .unlocatable),
        Case(
            "a column by name of a tensor that has none",
            v2,
            [column(.name("age"), of: "a", .mask)],
            refused: .unlocatable
        ),
        Case(
            "an error, which may quote anything",
            #"{"error":"no float: Alice"}"#,
            [tensor("a", .mask)],
            refused: .unreadable
        ),
        Case("JSON that is broken", #"{"inputs":[{"name":"a""#, [tensor("a", .mask)], refused: .unreadable),
        Case("text", "Alice", [tensor("a", .mask)], refused: .unreadable),
        Case("a raw body", "Alice", [tensor("a", .mask)], refused: .unreadable, PayloadHints(jsonLength: 0)),
        Case(
            "wishes for outputs",
            #"{"inputs":[],"outputs":[{"name":"a"}]}"#,
            [tensor("a", .mask)],
            #"{"inputs":[],"outputs":[{"name":"a"}]}"#
        ),
    ]

    static let tables = [
        Case(
            "rows by position",
            #"{"instances":[[1,"x"],[2,"y"]]}"#,
            [column(.index(1), .mask)],
            #"{"instances":[[1,"***"],[2,"***"]]}"#
        ),
        Case(
            "rows as records",
            #"{"instances":[{"ssn":"x","n":1},{"n":2,"ssn":{"b64":"eA=="}},{"n":3}]}"#,
            [column(.name("ssn"), .mask)],
            #"{"instances":[{"ssn":"***","n":1},{"n":2,"ssn":{"b64":"Kioq"}},{"n":3}]}"#
        ),
        Case(
            "records lose a dropped member",
            #"{"instances":[{"ssn":"x","n":1},{"n":2, "ssn":"y"},{"ssn":1}]}"#,
            [tensor("ssn", .drop)],
            #"{"instances":[{"n":1},{"n":2},{}]}"#
        ),
        Case(
            "columns",
            #"{"inputs":{"a":[1,2],"b":[[3,4],[5,6]]}}"#,
            [column(.index(1), of: "b", .mask)],
            #"{"inputs":{"a":[1,2],"b":[[3,0],[5,0]]}}"#
        ),
        Case(
            "a tensor by name where none has one",
            #"{"instances":[[1,2]]}"#,
            [tensor("a", .mask)],
            refused: .unlocatable
        ),
        Case(
            "all instances",
            #"{"instances":[[1,{"b64":"eA=="}]],"signature_name":"s"}"#,
            [tensor("instances", .mask)],
            #"{"instances":[[0,{"b64":"Kioq"}]],"signature_name":"s"}"#
        ),
        Case(
            "objects among cells",
            #"{"instances":[[1,{"a":"x"}]]}"#,
            [column(.index(1), .mask)],
            refused: .unlocatable
        ),
        Case(
            "classes",
            #"{"result":[[["cat",0.9],["dog",0.1]]]}"#,
            [tensor("label", .mask)],
            #"{"result":[[["***",0],["***",0]]]}"#
        ),
        Case(
            "a data frame by columns",
            #"{"dataframe_split":{"data":[[1,"x",null],[2,"y",true]],"columns":["n","ssn","f"]}}"#,
            [column(.name("ssn"), .drop), column(.name("f"), .mask)],
            #"{"dataframe_split":{"data":[[1,null,null],[2,null,false]],"columns":["n","ssn","f"]}}"#
        ),
        Case(
            "a data frame without names",
            #"{"dataframe_split":{"data":[[1,2]]}}"#,
            [column(.name("ssn"), .drop)],
            refused: .unlocatable
        ),
        Case(
            "records of a data frame",
            #"{"dataframe_records":[{"a":1,"ssn":12}]}"#,
            [tensor("ssn", .hash)],
            #"{"dataframe_records":[{"a":1,"ssn":"hmac:31323132313231323132313231323132"}]}"#
        ),
        Case(
            "an answer that is bare",
            "[[1,2],[3,4]]",
            [column(.index(0), .mask)],
            "[[0,2],[0,4]]",
            PayloadHints(path: "/invocations", role: .response)
        ),
        Case(
            "a column of a tensor in records",
            #"{"instances":[{"x":[1,2,3]},{"x":[4,5,6]}]}"#,
            [column(.index(1), of: "x", .mask)],
            #"{"instances":[{"x":[1,0,3]},{"x":[4,0,6]}]}"#
        ),
        Case(
            "a column of records by place",
            #"{"dataframe_records":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}"#,
            [column(.index(1), .mask)],
            #"{"dataframe_records":[{"a":1,"b":"***"},{"a":2,"b":"***"}]}"#
        ),
        Case(
            "the first column of records",
            #"{"dataframe_records":[{"a":1,"b":2}]}"#,
            [column(.index(0), .mask)],
            #"{"dataframe_records":[{"a":0,"b":2}]}"#
        ),
        Case(
            "a column of a table of columns by place",
            #"{"inputs":{"a":[1,2],"b":[3,4]}}"#,
            [column(.index(1), of: "inputs", .mask)],
            #"{"inputs":{"a":[1,2],"b":[0,0]}}"#
        ),
        Case(
            "a dimension of embeddings",
            #"{"data":[{"index":0,"embedding":[1,2]}]}"#,
            [column(.index(1), of: "embedding", .mask)],
            #"{"data":[{"index":0,"embedding":[1,0]}]}"#
        ),
        Case(
            "CSV",
            "a,ssn\n1,x\n2,\"y,z\"\n",
            [tensor("ssn", .mask)],
            "a,ssn\n1.0,***\n2.0,***\n",
            PayloadHints(contentType: "text/csv")
        ),
        Case(
            "a column of CSV by place, dropped",
            "a,ssn\n1,x\n",
            [column(.index(1), .drop)],
            "a\n1.0\n",
            PayloadHints(contentType: "text/csv")
        ),
        Case(
            "CSV and a path",
            "a,ssn\n1,x\n",
            [path("$.ssn", .drop)],
            refused: .unreadable,
            PayloadHints(contentType: "text/csv")
        ),
    ]

    static let seldon = [
        Case(
            "names and an array",
            #"{"meta":{},"data":{"names":["n","ssn"],"ndarray":[[1,"x"]]}}"#,
            [column(.name("ssn"), .mask)],
            #"{"meta":{},"data":{"names":["n","ssn"],"ndarray":[[1,"***"]]}}"#
        ),
        Case("no names", #"{"data":{"ndarray":[[1,2]]}}"#, [column(.name("ssn"), .mask)], refused: .unlocatable),
        Case(
            "a tensor",
            #"{"data":{"tensor":{"shape":[2,2],"values":[1,2,3,4]}}}"#,
            [column(.index(1), of: "data", .mask)],
            #"{"data":{"tensor":{"shape":[2,2],"values":[1,0,3,0]}}}"#
        ),
        Case(
            "a TensorFlow tensor",
            #"{"data":{"tftensor":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"},{"size":"2"}]},"floatVal":[1,2]}}}"#,
            [column(.index(0), .mask)],
            #"{"data":{"tftensor":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"},{"size":"2"}]},"floatVal":[0,2]}}}"#
        ),
        Case(
            "a TensorFlow tensor in bytes",
            #"{"data":{"tftensor":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"}]},"tensorContent":"AACAPw=="}}}"#,
            [column(.index(0), .mask)],
            refused: .unlocatable
        ),
        Case(
            "data as a whole",
            #"{"data":{"ndarray":[["x"]]},"meta":{"puid":"p"}}"#,
            [tensor("data", .drop)],
            #"{"meta":{"puid":"p"}}"#
        ),
        Case("a text", #"{"strData":"x"}"#, [tensor("strData", .mask)], #"{"strData":"***"}"#),
        Case("bytes", #"{"binData":"eA=="}"#, [tensor("binData", .mask)], #"{"binData":"Kioq"}"#),
        Case(
            "JSON in it",
            #"{"jsonData":{"ssn":["x"],"b":[1]}}"#,
            [column(.name("ssn"), .mask)],
            #"{"jsonData":{"ssn":["***"],"b":[1]}}"#
        ),
        Case(
            "what only the model knows",
            #"{"customData":{"@type":"t/google.protobuf.Struct","value":{"a":[1,2],"b":["x"]}}}"#,
            [tensor("a", .mask)],
            #"{"customData":{"@type":"t/google.protobuf.Struct","value":{"a":[0,0],"b":["x"]}}}"#
        ),
        Case(
            "a column of customData of no type",
            #"{"customData":{"a":[1,2],"b":["x"]}}"#,
            [tensor("b", .mask)],
            #"{"customData":{"a":[1,2],"b":["***"]}}"#
        ),
        Case(
            "customData as a whole",
            #"{"customData":{"a":"x"}}"#,
            [tensor("customData", .mask)],
            #"{"customData":{"a":"***"}}"#
        ),
    ]

    static let texts = [
        Case(
            "messages, with all that is in them",
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}],"name":"y"}]}"#,
            [tensor("messages.content", .mask)],
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"***","text":"***"}],"name":"***"}]}"#
        ),
        Case(
            "choices, with their log probabilities",
            #"{"choices":[{"index":0,"message":{"role":"a","content":"x"},"logprobs":{"tokens":["x"]},"finish_reason":"stop"}]}"#,
            [tensor("choices.content", .mask)],
            #"{"choices":[{"index":0,"message":{"role":"a","content":"***"},"logprobs":{"tokens":["***"]},"finish_reason":"stop"}]}"#
        ),
        Case("a prompt", #"{"prompt":["x","y"],"max_tokens":3}"#, [tensor("prompt", .drop)], #"{"max_tokens":3}"#),
        Case(
            "embeddings",
            #"{"data":[{"index":0,"embedding":[1,2]}]}"#,
            [tensor("embedding", .mask)],
            #"{"data":[{"index":0,"embedding":[0,0]}]}"#
        ),
        Case(
            "a stream, its other fields left out",
            "event: x\ndata: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"index\":0}]}\n\n: note\n\ndata: [DONE]\n\n",
            [tensor("choices.content", .mask)],
            "data: {\"choices\":[{\"delta\":{\"content\":\"***\"},\"index\":0}]}\n\ndata: [DONE]\n\n",
            PayloadHints(contentType: "text/event-stream", role: .response)
        ),
        Case(
            "a stream of something else",
            "data: Alice\n\n",
            [tensor("choices.content", .mask)],
            refused: .unreadable,
            PayloadHints(contentType: "text/event-stream")
        ),
    ]

    static let paths = [
        Case(
            "a member",
            #"{"user":{"email":"x","id":7},"b":1}"#,
            [path("$.user.email", .hash)],
            #"{"user":{"email":"hmac:78787878787878787878787878787878","id":7},"b":1}"#
        ),
        Case(
            "every member of a name, however it is spelt",
            #"{"a":{"\u0073sn":"x"},"b":[{"ssn":{"c":[1]}}],"ssn":null}"#,
            [path("$..ssn", .mask)],
            #"{"a":{"\u0073sn":"***"},"b":[{"ssn":{"c":[0]}}],"ssn":null}"#
        ),
        Case("a member given twice", #"{"a":"x","a":"y"}"#, [path("$.a", .mask)], #"{"a":"***","a":"***"}"#),
        Case(
            "members dropped, places kept",
            #"{"a":1,"r":[{"b":2,"c":3},{"c":4}],"d":[5,6]}"#,
            [path("$.r[*].c", .drop), path("$.d[-1]", .drop)],
            #"{"a":1,"r":[{"b":2},{}],"d":[5,null]}"#
        ),
        Case(
            "the stricter of two rules",
            #"{"a":{"b":"x"}}"#,
            [path("$.a.b", .hash), path("$.a.*", .drop)],
            #"{"a":{}}"#
        ),
        Case(
            "a tensor and a path",
            #"{"id":"Alice","inputs":[{"name":"a","shape":[1],"datatype":"BYTES","data":["x"]}]}"#,
            [tensor("a", .mask), path("$.id", .mask)],
            #"{"id":"***","inputs":[{"name":"a","shape":[1],"datatype":"BYTES","data":["***"]}]}"#
        ),
        Case("the whole body", #"{"a":1}"#, [path("$", .drop)], refused: .ruled),
        Case("nothing there", #"{"a":1}"#, [path("$.b", .drop)], #"{"a":1}"#),
        Case("no JSON", "Alice", [path("$.b", .drop)], refused: .unreadable),
    ]

    @Test(arguments: openInference + tables + seldon + texts + paths)
    func `takes what rules name and leaves the rest as it came`(example: Case) {
        let redactor = BodyRedactor(rules: example.rules, keyedHash: repeated)
        let redacted = redactor.redact(Array(example.body.utf8), example.hints)
        #expect(redacted.bytes.map { String(decoding: $0, as: UTF8.self) } == example.expected)
        #expect(redacted.refusal == example.refusal)
    }

    @Test func `refuses what inflates to more than it may, and says so`() throws {
        let redactor = BodyRedactor(rules: [path("$.a", .drop)], inflatedBytes: 8, keyedHash: repeated)
        // Python: zlib.compress(b'{"a":1,"b":2}')
        let body: [UInt8] = [UInt8](hex: "78 9c ab 56 4a 54 b2 32 d4 51 4a 52 b2 32 aa 05 00 16 f6 03 47")
        #expect(redactor.redact(body, PayloadHints()).refusal == .tooLarge)
        let enough = BodyRedactor(rules: [path("$.a", .drop)], keyedHash: repeated).redact(body, PayloadHints())
        #expect(enough.bytes == Array(#"{"b":2}"#.utf8) && enough.isInflated)
    }

    @Test(arguments: ["", "a", "$.", "$[", "$[?(@.a)]", "$[1:2]"])
    func `refuses paths that it does not read`(text: String) {
        #expect(throws: OpenInferenceError.self) { try RedactionPath(text) }
    }
}

/// Whatever a client has written, the decoder finds in the redacted body what the rule leaves, and all else as it was.
@Suite struct `Redaction of bodies of real clients` {
    private func redacted(
        _ body: `Bodies of real clients`.Body,
        _ bytes: [UInt8]?,
        _ rules: [RedactionRule]
    ) -> (body: RedactedBody, hints: PayloadHints) {
        let redacted = BodyRedactor(rules: rules, keyedHash: repeated).redact(bytes ?? body.bytes, body.hints)
        var hints = body.hints
        hints.jsonLength = redacted.jsonLength ?? (redacted.isInflated ? nil : hints.jsonLength)
        return (redacted, hints)
    }

    @Test(arguments: `Bodies of real clients`.bodies)
    func `masks one tensor and no other`(body: `Bodies of real clients`.Body) throws {
        let before = try PayloadDecoder().decode(body.bytes, body.hints)
        for named in before.tensors {
            let (result, hints) = redacted(body, nil, [tensor(named.name, .mask)])
            let after = try PayloadDecoder().decode(try #require(result.bytes, "\(named.name)"), hints)
            #expect(after.tensors.map(\.name) == before.tensors.map(\.name), "\(named.name)")
            for (old, new) in zip(before.tensors, after.tensors) {
                guard old.name == named.name else {
                    #expect(bitsAgree(old.tensor, new.tensor), "\(old.name) beside \(named.name)")
                    continue
                }
                #expect(new.tensor.shape == old.tensor.shape, "\(old.name)")
                #expect(isMasked(new.tensor), "\(old.name)")
            }
            #expect(result.counts[0] > 0)
        }
    }

    @Test(arguments: `Bodies of real clients`.bodies)
    func `drops one tensor and no other`(body: `Bodies of real clients`.Body) throws {
        let before = try PayloadDecoder().decode(body.bytes, body.hints)
        for named in before.tensors {
            let (result, hints) = redacted(body, nil, [tensor(named.name, .drop)])
            let bytes = try #require(result.bytes, "\(named.name)")
            guard let after = try? PayloadDecoder().decode(bytes, hints) else {
                #expect(before.tensors.count == 1 || before.dialect == .openAI, "\(named.name)")  // nothing is left
                continue
            }
            for old in before.tensors where old.name != named.name {
                let new = try #require(after[old.name], "\(old.name) beside \(named.name)")
                #expect(bitsAgree(old.tensor, new), "\(old.name) beside \(named.name)")
            }
            if let left = after[named.name] { #expect(isEmpty(left), "\(named.name)") }
        }
    }

    @Test(arguments: `Bodies of real clients`.bodies + `Messages of Seldon's`.jsonBodies)
    func `leave nothing of a tensor to a decoder, whatever is changed in them`(body: `Bodies of real clients`.Body)
        throws
    {
        var generator = SplitMix(seed: 77)
        let names = try PayloadDecoder().decode(body.bytes, body.hints).tensors.map(\.name)
        for _ in 0..<FuzzCases.count(or: 500) {
            let changed = FuzzCases.changed(body.bytes, using: &generator)
            let name = names.randomElement(using: &generator) ?? ""
            let (result, hints) = redacted(body, changed, [tensor(name, .mask)])
            guard let bytes = result.bytes, let after = try? PayloadDecoder().decode(bytes, hints) else { continue }
            for tensor in after.tensors where tensor.name == name {
                #expect(isMasked(tensor.tensor), "\(name) in \(String(decoding: changed, as: UTF8.self))")
            }
        }
    }

    private func bitsAgree(_ one: AnyTensor, _ other: AnyTensor) -> Bool {
        one.shape == other.shape && "\(one)" == "\(other)"
            && (one == other || (try? one.converted(to: Double.self).elements.contains(where: \.isNaN)) ?? false)
    }

    private func isMasked(_ tensor: AnyTensor) -> Bool {
        switch tensor {
        case .bytes(_, let texts):
            texts.allSatisfy { text in
                // What is no tensor is one text, of JSON in which every value is masked.
                text == Array("***".utf8) || text.isEmpty || (try? JSONValue(parsing: text)).map(isMasked) ?? false
            }
        case .bool(let truths): truths.elements.allSatisfy { !$0 }
        default: (try? tensor.converted(to: Double.self).elements.allSatisfy { $0 == 0 || $0.isNaN }) ?? false
        }
    }

    private func isMasked(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text == "***" || text.isEmpty
        case .array(let elements): elements.allSatisfy(isMasked)
        case .object(let members): members.allSatisfy { isMasked($0.1) }
        case .bool(let truth): !truth
        default: value.double.map { $0 == 0 || $0.isNaN } ?? true
        }
    }

    private func isEmpty(_ tensor: AnyTensor) -> Bool {
        switch tensor {
        case .bytes(_, let texts): texts.allSatisfy(\.isEmpty)
        default: (try? tensor.converted(to: Double.self).elements.allSatisfy(\.isNaN)) ?? false
        }
    }
}
