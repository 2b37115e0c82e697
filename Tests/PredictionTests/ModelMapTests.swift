import Prediction
import Testing

@Suite struct `A map of models` {
    @Test func `knows models in folders and behind servers`() throws {
        let map = try ModelMap(
            parsing: """
                [digits]
                path = "models/digits"

                [fraud]
                url = "https://fraud.example:8080"
                dialect = "seldon"
                schema = "fraud-schema.toml"
                timeout = "500ms"
                max_concurrency = 16
                """
        )
        #expect(try map.entry(for: "digits") == ModelMap.Entry(location: .path("models/digits")))
        let fraud = try map.entry(for: "fraud")
        #expect(fraud.location == .url("https://fraud.example:8080"))
        #expect(fraud.dialect == .seldon && fraud.timeout == .milliseconds(500) && fraud.maxConcurrency == 16)
        let error = try #require(throws: PredictionError.self) { _ = try map.entry(for: "spam") }
        #expect(error.code == .notFound && error.remedy.contains("digits, fraud"))
    }

    @Test func `knows where the tensors are in bodies that follow no dialect`() throws {
        let map = try ModelMap(
            parsing: """
                [scoring]
                url = "http://scoring.example"
                [scoring.request]
                amount = "$.rows[*].amount"
                "card type" = "$.rows[*].card"
                [scoring.response]
                score = "$.score"
                """
        )
        let entry = try map.entry(for: "scoring")
        #expect(entry.requestPaths == ["amount": "$.rows[*].amount", "card type": "$.rows[*].card"])
        #expect(entry.responsePaths == ["score": "$.score"])
    }

    @Test(arguments: [
        ("[m]", ["path", "url"]),
        ("[m]\npath = \"a\"\nurl = \"http://b\"", ["both given"]),
        ("[m]\nurl = \"ftp://b\"", ["url", "http"]),
        ("[m]\npath = \"a\"\nretries = 3", ["retries", "max_concurrency"]),
        ("[m]\npath = \"a\"\ndialect = \"v3\"", ["dialect", "seldon"]),
        ("[m]\npath = \"a\"\ntimeout = \"soon\"", ["timeout", "soon"]),
        ("[m]\npath = \"a\"\ntimeout = \"0s\"", ["timeout"]),
        ("[m]\npath = \"a\"\nmax_concurrency = 0", ["max_concurrency"]),
        ("m = \"a\"", ["m", "table"]),
    ])
    func `refuses what it cannot use`(text: String, mentions: [String]) throws {
        let error = try #require(throws: PredictionError.self) { _ = try ModelMap(parsing: text) }
        for mention in mentions { #expect(error.description.contains(mention), "\(error) mentions \(mention)") }
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("2s", .seconds(2)), ("1.5m", .seconds(90)), ("12h", .seconds(43_200)),
        ("30d", .seconds(2_592_000)), ("0s", .zero),
    ])
    func `reads durations`(text: String, duration: Duration) { #expect(Duration(text: text) == duration) }

    @Test(arguments: ["", "s", "5", "-1s", "1 s", "1y", "1e9s", "99999999d", "1.2.3s", "٣s"])
    func `reads nothing else as a duration`(text: String) { #expect(Duration(text: text) == nil) }
}
