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

@Suite struct `A monitor with a context` {
    private static let catalog = MethodCatalog(DriftDetection.factories)
    private static let schema = ModelSchema(
        inputs: [
            ColumnDescription(name: "size"), ColumnDescription(name: "hour"), ColumnDescription(name: "weight"),
        ],
        outputs: [ColumnDescription(name: "price")]
    )

    /// Size and weight follow the hour; in the order of the schema, or with the hour behind as contexts are given.
    private static func rows(_ count: Int, hour: Double, shift: Double, seed: UInt64) -> [[Float]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let h = hour + generator.normal()
            return [Float(h + 0.5 * generator.normal() + shift), Float(h), Float(0.5 * generator.normal() - h)]
        }
    }

    private static func monitor(_ context: String) throws -> Monitor {
        let text = """
            name = "ContextMMDDrift"
            n_permutations = 99
            [monitor]
            model = "m"
            context = \(context)
            window = { size = 60 }
            [alert]
            budget = "1 per 1m"
            """
        let reference = rows(150, hour: 0, shift: 0, seed: 1)
        let fitted = try Fitting.fit(
            MonitorConfiguration(parsing: text, catalog: catalog),
            catalog: catalog,
            rows: Tensor(shape: [150, 2], elements: reference.flatMap { [$0[0], $0[2]] }),
            context: Tensor(shape: [150, 1], elements: reference.map { $0[1] }),
            output: TemporaryDirectory().file("monitor")
        ).monitor
        return try Monitor(
            name: "context",
            kind: .drift,
            fitted: fitted,
            schema: schema,
            featureWidth: 3,
            version: "test"
        )
    }

    private static func verdict(hour: Double, shift: Double) throws -> VerdictData {
        var set = MonitorSet()
        set.add(try monitor("[\"hour\"]"), at: Traffic.start)
        var verdicts: [CloudEvent] = []
        for (index, rows) in [rows(30, hour: hour, shift: shift, seed: 5), rows(30, hour: hour, shift: shift, seed: 6)]
            .enumerated()
        {
            // A tensor for each column, as data frames are sent.
            let tensors = try ["size", "hour", "weight"].enumerated().map { place, name in
                NamedTensor(name: name, try Tensor(shape: [30, 1], elements: rows.map { $0[place] }))
            }
            let event = try CloudEvent(
                id: "\(index)",
                source: "/vedette/test",
                type: EventType.inferenceRequest,
                time: Traffic.second(Double(index) * 30),
                dataContentType: "application/json",
                extensions: ["model": "m", "requestid": .string("\(index)")],
                data: InferenceRequest(inputs: tensors).encoded()
            )
            verdicts += set.observe(event, position: UInt64(index), receivedAt: event.time ?? Traffic.start)
        }
        return try VerdictData(of: try #require(verdicts.first))
    }

    @Test func `reads it from the request, behind the other columns`() throws {
        let monitor = try Self.monitor("[\"hour\"]")
        #expect(monitor.reader.featureNames == ["size", "weight", "hour"])
    }

    @Test func `tells other hours from other sizes at the same hour`() throws {
        let later = try #require(try Self.verdict(hour: 0.7, shift: 0).drift)
        #expect(later.isDrift == false && later.status == .ok, "\(later)")
        let larger = try #require(try Self.verdict(hour: 0.7, shift: 1).drift)
        #expect(larger.isDrift == true && larger.effect?.name == "conditional_mmd", "\(larger)")
    }

    @Test func `needs columns that the schema has`() throws {
        #expect(throws: MonitoringError.self) { try Self.monitor("[\"day\"]") }
    }
}

extension VerdictData {
    fileprivate var drift: DriftData? { if case .drift(let data) = content { data } else { nil } }
}
