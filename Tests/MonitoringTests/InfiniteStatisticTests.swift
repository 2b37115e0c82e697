import CloudEvents
import DriftDetection
import JSON
import Methods
import Monitoring
import Tensors
import TestSupport
import Testing

@Suite struct `A statistic that is infinite` {
    @Test func `is null in a verdict, and the verdict can be read again`() throws {
        // The reference has no one, so the odds ratio of the window's ones is infinite.
        let factory = try #require(DriftDetection.columns("FETDrift"))
        let parameters = try MonitorConfiguration(
            parsing: "name = \"FETDrift\"",
            catalog: MethodCatalog([factory])
        ).parameters
        let test = try factory.test(reference: Tensor(shape: [40, 1], repeating: 0), parameters: parameters)
        let result = try test.test(Tensor(shape: [20, 1], repeating: 1), level: 0.05, using: 0)
        #expect(result.distances == [.infinity] && result.isDrift)
        let meta = VerdictMeta(
            monitor: "rates",
            method: "FETDrift",
            configHash: "0123456789abcdef",
            namespace: "default",
            model: "m",
            modelVersion: nil,
            isOnline: false,
            version: "test"
        )
        let verdict = VerdictData(.drift(DriftData(result, status: .alarm)), meta: meta)
        let text = verdict.json.text
        #expect(!text.lowercased().contains("inf"), "\(text)")
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(json["data"]?["distance"]?.array == [.null])
        #expect(json["data"]?["features"]?.array?.first?["statistic"] == .null)
        let time = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
        let event = try verdict.event(about: .stretch(since: time), time: time, causationID: nil)
        guard case .drift(let data) = try VerdictData(of: event).content else { throw CancellationError() }
        #expect(data.distance?.values.first?.isNaN == true && data.isDrift == true)
    }
}
