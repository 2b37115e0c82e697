import CloudEvents
import OpenInference
import TestSupport
import Testing

/// Dialects of which no client's bodies are kept, by hand; ``ClientBodyTests`` changes the others.
@Suite struct `Changed bodies` {
    struct Body: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let hints: PayloadHints
        let mapping: PayloadMapping?

        init(_ name: String, _ text: String, _ hints: PayloadHints = PayloadHints(), mapping: PayloadMapping? = nil) {
            testDescription = name
            bytes = Array(text.utf8)
            self.hints = hints
            self.mapping = mapping
        }
    }

    static let bodies = [
        Body("V2", #"{"id":"1","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1.5,2e3],[-3,NaN]]}]}"#),
        Body(
            "V2, with nulls",
            #"{"inputs":[{"name":"c","shape":[2,2],"datatype":"BYTES","data":[["a",null],["\u00e9",""]]},"#
                + #"{"name":"n","datatype":"INT16","data":[1,null],"shape":[2]}],"outputs":[{"name":"y"}]}"#
        ),
        Body("Seldon, ndarray", #"{"meta":{"puid":"p"},"data":{"names":["a","b"],"ndarray":[[1.5,"x"],[null,"y"]]}}"#),
        Body("Seldon, tensor", #"{"data":{"tensor":{"shape":[1,3],"values":[1,2,3]}}}"#),
        Body(
            "Seldon, tftensor",
            #"{"data":{"tftensor":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"2"}]},"floatVal":[1,"NaN"]}}}"#
        ),
        Body("Seldon, jsonData", #"{"jsonData":{"a":[[1],[2]],"b":["x","y"]}}"#),
        Body("TF-Serving, rows", #"{"instances":[{"a":[1,2],"b":{"b64":"AQI="}},{"a":[3,4],"b":{"b64":""}}]}"#),
        Body("TF-Serving, columns", #"{"inputs":{"a":[[1,2],[3,-Infinity]],"b":[true,false]}}"#),
        Body(
            "TF-Serving, classify",
            #"{"result":[[["a",0.9],["b",0.1]],[["a",0.2],["b",0.8]]]}"#,
            PayloadHints(path: "/v1/models/m:classify", role: .response)
        ),
        Body("OpenAI, answer", #"{"id":"c","choices":[{"index":0,"message":{"content":"aü"}}],"usage":{"a":1}}"#),
        Body(
            "OpenAI, embeddings",
            #"{"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":"AACAPwAAAEA="}]}"#,
            PayloadHints(dialect: .openAI, role: .response)
        ),
        Body(
            "OpenAI, stream",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n: x\n\ndata: [DONE]\n\n",
            PayloadHints(contentType: "text/event-stream", role: .response)
        ),
        Body(
            "JSON path",
            #"{"rows":[{"a":1,"b":[[1,2],[3,4]]},{"b":null,"a":2}]}"#,
            mapping: try? PayloadMapping(
                request: [
                    .init(name: "a", path: JSONPath("$.rows[*].a")), .init(name: "b", path: JSONPath("$.rows[-1].b")),
                ],
                response: []
            )
        ),
    ]

    @Test(arguments: bodies)
    func `decode or are refused by name`(body: Body) throws {
        let decoder = PayloadDecoder(mapping: body.mapping)
        _ = try decoder.decode(body.bytes, body.hints)
        for length in 0..<body.bytes.count { _ = try? decoder.decode(Array(body.bytes.prefix(length)), body.hints) }
        let others = Self.bodies.map(\.bytes)
        let slow = FuzzCases.each(
            of: [body.bytes],
            seed: 61,
            or: 4000,
            share: Self.bodies.count { $0.testDescription.hasPrefix("V2") == body.testDescription.hasPrefix("V2") },
            change: { file, generator in FuzzCases.changed(file, among: others, using: &generator) },
            { changed in
                do throws(OpenInferenceError) {
                    _ = try decoder.decode(changed, body.hints)
                } catch {
                    if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
                }
            }
        )
        #expect(slow.isEmpty)
    }
}
