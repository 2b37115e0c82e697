import HTTPTypes
import JSON
import OpenInference
import Prediction
import RemoteModels
import ServiceKit
import Tensors
import Testing

@Suite struct `A model behind a URL` {
    private let runtime = RemoteRuntime(client: PeerServer.client)
    private let rows = Tensor<Float>(shape: [2, 2]) { _ = $0.initialize(from: [1, 2.5, 3, 4]) }

    /// One tensor of two values in, one of two probabilities out.
    static let plain = ModelSchema(
        inputs: [ColumnDescription(name: "x", shape: [2])],
        outputs: [ColumnDescription(name: "p", shape: [2])]
    )
    /// A table: a number, a whole number, a category of texts.
    static let table = ModelSchema(
        inputs: [
            ColumnDescription(name: "size"), ColumnDescription(name: "rooms", datatype: .int64),
            ColumnDescription(name: "colour", datatype: .bytes, kind: .category, categories: ["red", "blue"]),
        ],
        outputs: [ColumnDescription(name: "price")]
    )

    struct Case: CustomTestStringConvertible, Sendable {
        let dialect: ModelMap.Dialect
        let path: String
        let request: String
        let answer: String

        var testDescription: String { dialect.rawValue }
    }

    static let plainCases = [
        Case(
            dialect: .v2,
            path: "/v2/models/m/infer",
            request:
                #"{"id":"vedette","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1.0,2.5,3.0,4.0]}],"outputs":[{"name":"p"}]}"#,
            answer:
                #"{"model_name":"m","outputs":[{"name":"p","shape":[2,2],"datatype":"FP32","data":[0.1,0.9,0.2,0.8]}]}"#
        ),
        Case(
            dialect: .v1,
            path: "/v1/models/m:predict",
            request: #"{"instances":[[1.0,2.5],[3.0,4.0]]}"#,
            answer: #"{"predictions":[[0.1,0.9],[0.2,0.8]]}"#
        ),
        Case(
            dialect: .v1Columns,
            path: "/v1/models/m:predict",
            request: #"{"inputs":[[1.0,2.5],[3.0,4.0]]}"#,
            answer: #"{"outputs":[[0.1,0.9],[0.2,0.8]]}"#
        ),
        Case(
            dialect: .seldon,
            path: "/api/v1.0/predictions",
            request: #"{"data":{"names":[],"ndarray":[[1.0,2.5],[3.0,4.0]]}}"#,
            answer: #"{"meta":{},"data":{"names":["t:0","t:1"],"ndarray":[[0.1,0.9],[0.2,0.8]]}}"#
        ),
        Case(
            dialect: .mlflow,
            path: "/invocations",
            request: #"{"inputs":[[1.0,2.5],[3.0,4.0]]}"#,
            answer: #"{"predictions":[[0.1,0.9],[0.2,0.8]]}"#
        ),
    ]

    @Test(arguments: plainCases)
    func `is asked about rows in its own dialect`(reference: Case) async throws {
        let server = PeerServer(json: reference.answer)
        let answers = try await server.listening { url in
            try runtime.open(url, reference.dialect, schema: Self.plain).predict(rows)
        }
        #expect(answers == (try Tensor(shape: [2, 2], elements: [0.1, 0.9, 0.2, 0.8])))
        let asked = try #require(server.requests.first)
        #expect(asked.method == "POST" && asked.path == reference.path && asked.text == reference.request)
        #expect(asked.headers["seldon-skip-logging"] == "true" && asked.headers["content-type"] == "application/json")
        #expect(asked.headers["authorization"] == nil)
    }

    @Test func `whose answers follow no dialect is read by the JSON paths of models.toml`() async throws {
        let server = PeerServer(json: #"{"result":{"rows":[{"p":[0.1,0.9]},{"p":[0.2,0.8]}]}}"#)
        let answers = try await server.listening { url in
            let entry = ModelMap.Entry(location: .url(url), dialect: .v1, responsePaths: ["p": "$.result.rows[*].p"])
            return try runtime.open("m", version: nil, url: url, entry: entry, schema: Self.plain).predict(rows)
        }
        #expect(answers == (try Tensor(shape: [2, 2], elements: [0.1, 0.9, 0.2, 0.8])))
        #expect(server.requests.first?.text == #"{"instances":[[1.0,2.5],[3.0,4.0]]}"#)
    }

    static let tableCases = [
        Case(
            dialect: .v2,
            path: "",
            request: #"{"id":"vedette","inputs":[{"name":"size","shape":[2],"datatype":"FP32","data":[50.0,60.0]},"#
                + #"{"name":"rooms","shape":[2],"datatype":"INT64","data":[2,3]},"#
                + #"{"name":"colour","shape":[2],"datatype":"BYTES","data":["blue","red"]}],"outputs":[{"name":"price"}]}"#,
            answer: #"{"model_name":"m","outputs":[{"name":"price","shape":[2,1],"datatype":"FP64","data":[7,8]}]}"#
        ),
        Case(
            dialect: .v1,
            path: "",
            request: #"{"instances":[{"size":50.0,"rooms":2,"colour":"blue"},{"size":60.0,"rooms":3,"colour":"red"}]}"#,
            answer: #"{"predictions":[7,8]}"#
        ),
        Case(
            dialect: .v1Columns,
            path: "",
            request: #"{"inputs":{"size":[50.0,60.0],"rooms":[2,3],"colour":["blue","red"]}}"#,
            answer: #"{"outputs":[7,8]}"#
        ),
        Case(
            dialect: .seldon,
            path: "",
            request: #"{"data":{"names":["size","rooms","colour"],"ndarray":[[50.0,2,"blue"],[60.0,3,"red"]]}}"#,
            answer: #"{"data":{"tensor":{"shape":[2,1],"values":[7,8]}}}"#
        ),
        Case(
            dialect: .mlflow,
            path: "",
            request:
                #"{"dataframe_split":{"columns":["size","rooms","colour"],"data":[[50.0,2,"blue"],[60.0,3,"red"]]}}"#,
            answer: #"{"predictions":[7,8]}"#
        ),
    ]

    @Test(arguments: tableCases)
    func `is asked about a table with the types of its columns`(reference: Case) async throws {
        let server = PeerServer(json: reference.answer)
        let answers = try await server.listening { url in
            try runtime.open(url, reference.dialect, schema: Self.table)
                .predict(Tensor(shape: [2, 3], elements: [50, 2, 1, 60, 3, 0]))
        }
        #expect(answers == (try Tensor(shape: [2, 1], elements: [7, 8])))
        #expect(server.requests.first?.text == reference.request)
    }

    @Test func `is asked with binary tensors, and answers with them`() async throws {
        let server = PeerServer { request, _ in
            let length = request.headers["inference-header-content-length"].flatMap { Int($0) }
            let message = try InferenceRequest(decoding: request.body, jsonLength: length)
            let response = InferenceResponse(
                modelName: "m",
                outputs: [NamedTensor(name: "p", tensor: message.inputs[0].tensor)]
            )
            let (body, jsonLength) = try response.encoded(for: message)
            return HotResponse(
                status: .ok,
                headers: jsonLength.map { [(name: "Inference-Header-Content-Length", value: "\($0)")] } ?? [],
                body: body
            )
        }
        let answers = try await server.listening { url in
            try runtime.open(url, .v2Binary, schema: Self.plain).predict(rows)
        }
        #expect(answers == rows)
        let asked = try #require(server.requests.first)
        #expect(asked.headers["content-type"] == "application/octet-stream")
        // 4 floats after the JSON, and none in it.
        #expect(asked.headers["inference-header-content-length"].flatMap { Int($0) } == asked.body.count - 16)
    }

    @Test func `describes itself where nobody did, and is asked for what is numbers`() async throws {
        let metadata = """
            {"name": "m", "versions": ["7"], "platform": "sklearn",
             "inputs": [{"name": "pixels", "datatype": "FP64", "shape": [-1, 2]}],
             "outputs": [{"name": "label", "datatype": "BYTES", "shape": [-1]},
                         {"name": "p", "datatype": "FP32", "shape": [-1, 2]}]}
            """
        let server = PeerServer { request, _ in
            request.method == "GET" ? PeerServer.json(metadata) : PeerServer.json(Self.plainCases[0].answer)
        }
        let (model, answers) = try await server.listening { url in
            let model = try runtime.open(url, schema: nil)
            return (model.model, try model.predict(rows))
        }
        #expect(model.inputs == [ColumnDescription(name: "pixels", datatype: .float64, shape: [2])])
        #expect(model.outputs.map(\.name) == ["p"] && model.version == "7")
        #expect(answers.shape == [2, 2])
        #expect(server.requests.map(\.path) == ["/v2/models/m", "/v2/models/m/infer"])
        #expect(server.requests[1].text.contains(#""datatype":"FP64""#))
    }

    @Test func `of which nobody knows more gets rows as they come, and its numbers count`() async throws {
        let server = PeerServer(json: #"{"predictions": [3, 4]}"#)
        let answers = try await server.listening { url in try runtime.open(url, .mlflow, schema: nil).predict(rows) }
        #expect(answers == (try Tensor(shape: [2, 1], elements: [3, 4])))
    }

    @Test func `answers classes by text, which count as their codes`() async throws {
        var schema = Self.plain
        schema.outputs = [ColumnDescription(name: "species", kind: .category, categories: ["setosa", "virginica"])]
        let known = schema
        let server = PeerServer(json: #"{"predictions": ["virginica", "setosa"]}"#)
        let answers = try await server.listening { url in try runtime.open(url, .v1, schema: known).predict(rows) }
        #expect(answers.elements == [1, 0])
        let other = PeerServer(json: #"{"predictions": ["virginica", "rose"]}"#)
        let error = await #expect(throws: PredictionError.self) {
            try await other.listening { url in try runtime.open(url, .v1, schema: known).predict(rows) }
        }
        #expect(error?.message.contains("rose") == true)
    }

    @Test func `is asked for the version that its URL or the caller names`() async throws {
        let server = PeerServer(json: Self.plainCases[0].answer)
        try await server.listening { url in
            _ = try runtime.open("\(url)/v2/models/digits%20a/versions/3", schema: Self.plain).predict(rows)
            _ = try runtime.open("\(url)/v2/models/digits", schema: Self.plain, version: "4").predict(rows)
        }
        #expect(
            server.requests.map(\.path) == [
                "/v2/models/digits%20a/versions/3/infer", "/v2/models/digits/versions/4/infer",
            ]
        )
    }

    @Test func `gets no more rows in one call than are set, in order`() async throws {
        let server = PeerServer { request, _ in
            let message = try InferenceRequest(decoding: request.body, jsonLength: nil)
            let response = InferenceResponse(
                modelName: "m",
                outputs: [NamedTensor(name: "p", tensor: message.inputs[0].tensor)]
            )
            return HotResponse(status: .ok, headers: [], body: try response.encoded())
        }
        let batch = Tensor<Float>(shape: [5, 2]) {
            for index in 0..<10 { $0.initializeElement(at: index, to: Float(index)) }
        }
        let answers = try await server.listening { url in
            try runtime.open(url, schema: Self.plain, maxRows: 2).predict(batch)
        }
        #expect(answers == batch && server.requests.count == 3)
        let none = try await server.listening { url in
            try runtime.open(url, schema: Self.plain).predict(Tensor(shape: [0, 2], elements: []))
        }
        #expect(none.shape == [0, 2] && server.requests.count == 3)
    }
}
