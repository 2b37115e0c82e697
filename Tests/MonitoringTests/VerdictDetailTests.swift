import CloudEvents
import DriftDetection
import JSON
import Methods
import Monitoring
import OpenInference
import Prediction
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Verdicts that say more` {
    private static let catalog = MethodCatalog(DriftDetection.factories)
    private static let schema = ModelSchema(
        inputs: ["region", "income", "age"].map { ColumnDescription(name: $0) },
        outputs: [ColumnDescription(name: "score")]
    )

    /// In region 1 income moves.
    private static func rows(_ count: Int, shift: Double, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        var values: [Float] = []
        for _ in 0..<count {
            let region = generator.index(below: 3)
            values += [
                Float(region), Float(generator.normal() + (region == 1 ? shift : 0)), Float(generator.normal()),
            ]
        }
        return Tensor(vector: values).withShape([count, 3])
    }

    private static func verdict(_ method: String, _ keys: String, shift: Double) throws -> JSONValue {
        let text = """
            name = "\(method)"
            \(keys)
            [monitor]
            model = "m"
            window = { size = 240 }
            [alert]
            budget = "1 per 1m"
            """
        let fitted = try Fitting.fit(
            MonitorConfiguration(parsing: text, catalog: catalog),
            catalog: catalog,
            rows: rows(600, shift: 0, seed: 1),
            output: TemporaryDirectory().file("monitor")
        ).monitor
        let monitor = try Monitor(
            name: "watch",
            kind: .drift,
            fitted: fitted,
            schema: schema,
            featureWidth: 3,
            version: "test"
        )
        var set = MonitorSet()
        set.add(monitor, at: Traffic.start)
        // A tensor for each column, as data frames are sent.
        let sent = rows(240, shift: shift, seed: 2)
        let tensors = try ["region", "income", "age"].enumerated().map { place, name in
            NamedTensor(name: name, try Tensor(shape: [240, 1], elements: (0..<240).map { sent[$0 * 3 + place] }))
        }
        let event = try CloudEvent(
            id: "1",
            source: "/vedette/test",
            type: EventType.inferenceRequest,
            time: Traffic.second(50),
            dataContentType: "application/json",
            extensions: ["model": "m", "requestid": "1"],
            data: InferenceRequest(inputs: tensors).encoded()
        )
        let verdicts = set.observe(event, position: 0, receivedAt: Traffic.second(50))
        let verdict = try #require(verdicts.first { $0.type == EventType.drift })
        let whole = try JSONValue(parsing: verdict.data ?? [])
        let json = try #require(whole["data"])
        // What was written is read again.
        let again = try VerdictData(json: whole, type: verdict.type)
        #expect(again.json["data"] == json)
        return json
    }

    @Test func `name the smallest effect that the window would have shown, and the slices where it changed`() throws {
        let slices = "[slices]\ncolumns = [0]"
        let moved = try Self.verdict("KSDrift", slices, shift: 3)
        #expect(moved["is_drift"] == 1)
        let smallest = try #require(moved["minimum_detectable_effect"])
        #expect(smallest["name"] == "ks_distance" && smallest["power"] == 0.8)
        #expect(try #require(smallest["value"]?.double) > 0.1)
        let found = try #require(moved["slices"]?.array)
        #expect(found.count == 3 && found[0]["name"] == "region = 1" && found[0]["is_drift"] == 1)
        #expect(found[0]["column"] == "income" && found[1]["is_drift"] == 0)
        #expect(moved["message"]?.string?.hasPrefix("changed where region = 1 (") == true)
        let clean = try Self.verdict("KSDrift", slices, shift: 0)
        #expect(clean["slices"] == nil && clean["message"] == .null && clean["minimum_detectable_effect"] != nil)
    }

    @Test func `have the details of their method, and nothing that has a number for each row`() throws {
        let spot = try Self.verdict("SpotTheDiffDrift", "epochs = 3", shift: 3)
        #expect(spot["diffs"]?.array?.count == 3 && spot["diff_coeffs"]?.array?.count == 1)
        #expect(spot["probs_ref"] == nil && spot["probs_test"] == nil)
        let pca = try Self.verdict("PCADrift", "", shift: 3)
        #expect(pca["reconstruction_error"]?.array?.count == 2)
        let blocks = try Self.verdict("KSDrift", "permutation = \"blocks\"\nblock_length = 8", shift: 0)
        #expect(blocks["block_length"] == [8.0])
    }
}
