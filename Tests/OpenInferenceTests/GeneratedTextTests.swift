import CloudEvents
import OpenInference
import Tensors
import Testing

@Suite struct `Generated text` {
    static func decode(_ text: String, _ hints: PayloadHints = PayloadHints()) throws -> Payload {
        try PayloadDecoder().decode(Array(text.utf8), hints)
    }

    static func texts(_ tensor: AnyTensor?) -> [String]? {
        guard case .bytes(_, let values) = tensor else { return nil }
        return values.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `of a chat is one row with all choices and the usage`() throws {
        // OpenAI API reference, "Create chat completion".
        let answer = try Self.decode(
            #"{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"stop"},{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"length"}],"usage":{"prompt_tokens":9,"total_tokens":21}}"#
        )
        #expect(answer.role == .response && answer.dialect == .openAI && answer.modelName == "m" && answer.id == "c1")
        #expect(Self.texts(answer["choices.content"]) == ["a", "b"])
        #expect(answer["choices.content"]?.shape == [1, 2])
        #expect(Self.texts(answer["choices.finish_reason"]) == ["length", "stop"])
        #expect(answer["usage.prompt_tokens"] == .float64(Tensor(shape: [1], repeating: 9)))
        #expect(answer.rows == 1)
    }

    @Test func `of completions has a row for each choice, and embeddings for each input`() throws {
        let answer = try Self.decode(#"{"choices":[{"index":0,"text":"x"},{"index":1,"text":"y"}]}"#)
        #expect(answer["choices.content"]?.shape == [2])
        let hints = PayloadHints(path: "/v1/embeddings", role: .response)
        let numbers = try Self.decode(
            #"{"object":"list","data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":"AACAPwAAAEA="}]}"#,
            hints
        )
        #expect(numbers["embedding"] == .float32(try Tensor(shape: [2, 2], elements: [1, 2, 3, 4])))
        let tokens = try Self.decode(#"{"prompt":[5,6,7]}"#)
        #expect(tokens["prompt"]?.shape == [1, 3])
    }

    @Test func `is put together from a stream`() throws {
        let stream = """
            data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\r
            \r
            : a comment

            data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hel"}}]}

            data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}

            data: {"id":"c1","choices":[],"usage":{"total_tokens":3}}

            data: [DONE]


            """
        let answer = try Self.decode(stream, PayloadHints(contentType: "text/event-stream"))
        #expect(Self.texts(answer["choices.content"]) == ["Hello"])
        #expect(Self.texts(answer["choices.finish_reason"]) == ["stop"])
        #expect(answer["usage.total_tokens"] == .float64(Tensor(shape: [1], repeating: 3)))
        let triton = try Self.decode(
            "data: {\"text_output\":\"a\"}\n\ndata: {\"text_output\":\"b\",\"model_name\":\"m\"}\n\n"
        )
        #expect(Self.texts(triton["text_output"]) == ["ab"])
        #expect(triton.role == .response && triton.modelName == "m")
    }

    @Test func `is asked for by Triton's generate and by MLflow's bare keys`() throws {
        let triton = try Self.decode(
            #"{"text_input":"q","parameters":{"stream":false}}"#,
            PayloadHints(dialect: .openInference)
        )
        #expect(Self.texts(triton["text_input"]) == ["q"])
        #expect(triton.dialect == .openInference)
        let mlflow = try Self.decode(#"{"input":["a","b"]}"#, PayloadHints(path: "/invocations"))
        #expect(mlflow.dialect == .mlflow)
        #expect(Self.texts(mlflow["input"]) == ["a", "b"])
    }

    @Test(arguments: [
        #"{"messages":"x"}"#, #"{"messages":[{}]}"#, #"{"choices":{}}"#, #"{"choices":[{}]}"#, #"{"prompt":7}"#,
        #"{"prompt":["a",1]}"#,
    ])
    func `is refused where it is none`(text: String) {
        let error = #expect(throws: OpenInferenceError.self) { try Self.decode(text) }
        #expect(error?.code == .malformed || error?.code == .value)
    }
}
