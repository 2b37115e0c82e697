import Prediction
import RemoteModels
import Testing

@Suite struct `The URL of a model` {
    @Test(
        arguments: [
            ("http://h:8080", "http://h:8080", nil, nil, nil), ("https://h/", "https://h", nil, nil, nil),
            ("http://h/prefix/", "http://h/prefix", nil, nil, nil),
            ("http://h/v2/models/digits", "http://h", .v2, "digits", nil),
            ("http://h/v2/models/digits/infer", "http://h", .v2, "digits", nil),
            ("http://h/a/b/v2/models/a%20b/versions/3/infer", "http://h/a/b", .v2, "a b", "3"),
            ("http://h/v1/models/m", "http://h", .v1, "m", nil),
            ("http://h/v1/models/m:predict", "http://h", .v1, "m", nil),
            ("http://h/v1/models/m/versions/2:predict", "http://h", .v1, "m", "2"),
            ("http://h/seldon/ns/dep/api/v1.0/predictions", "http://h/seldon/ns/dep", .seldon, nil, nil),
            ("http://h:5000/invocations", "http://h:5000", .mlflow, nil, nil),
            ("http://h/v2/models/m/versions", "http://h/v2/models/m/versions", nil, nil, nil),
        ] as [(String, String, ModelMap.Dialect?, String?, String?)]
    )
    func `tells base, dialect, model and version`(
        text: String,
        base: String,
        dialect: ModelMap.Dialect?,
        model: String?,
        version: String?
    ) throws {
        let address = try RemoteAddress(text)
        #expect(address.base == base && address.dialect == dialect)
        #expect(address.model == model && address.version == version)
    }

    @Test(arguments: [
        "http://user:secret@h/v2/models/m", "http://h/v2/models/m?token=secret", "http://h#secret",
        "ftp://user:secret@h",
        "http://", "http://h/a b",
    ])
    func `holds no credentials, and no error repeats them`(text: String) throws {
        let error = try #require(throws: PredictionError.self) { _ = try RemoteAddress(text) }
        #expect(!error.description.contains("secret") && !error.remedy.isEmpty)
    }

    @Test func `agrees with the dialect that is set`() throws {
        let error = try #require(throws: PredictionError.self) {
            _ = try RemoteRuntime(client: PeerServer.client).open("http://h/invocations", .v2, schema: nil)
        }
        #expect(error.code == .invalidDescription && error.message.contains("mlflow"))
    }
}
