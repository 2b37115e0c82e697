import CloudEvents
import DriftDetection
import Foundation
import Methods
import Monitoring
import OpenInference
import Statistics
import Tensors
import TestSupport
import Testing

/// The promise from end to end: a step that learns, parts of the reference, windows and the budget, as a user sets them,
/// on traffic that never drifts.
///
/// A few thousand windows here; `scripts/false-alarm-test` runs as many as one likes.
@Suite struct `The false-alarm promise` {
    private static let columns = 16
    private static let windowsPerFit = 50

    /// Correlated normal columns, of which principal components are worth having; `shift` moves what they share.
    private static func rows(_ count: Int, shift: Double = 0, using generator: inout SeededGenerator) -> Tensor<Float> {
        Tensor(shape: [count, columns]) { target in
            for row in 0..<count {
                let shared = generator.normal() + shift
                for column in 0..<columns {
                    let value = generator.normal() + shared * (column < 4 ? 1 : 0)
                    target.initializeElement(at: row * columns + column, to: Float(value))
                }
            }
        }
    }

    /// Alarms that began in `windows` windows, and windows that were in alarm; each is tested at one in a hundred once
    /// the balance has settled.
    static func alarms(windows: Int, method: String, shift: Double = 0, seed: UInt64) throws -> (
        alarms: Int, inAlarm: Int, looks: Int
    ) {
        let text = """
            \(method)
            seed = 3
            [preprocess]
            method = "pca"
            n_components = 8
            [monitor]
            model = "promise"
            event = "request"
            window = { size = 50 }
            [alert]
            budget = "1 per 100m"
            recover_after = 1
            """
        let catalog = MethodCatalog(DriftDetection.factories)
        let configuration = try MonitorConfiguration(parsing: text, catalog: catalog)
        var generator = SeededGenerator(seed: seed)
        var alarms = 0, inAlarm = 0, looks = 0
        for fit in 0..<windows / windowsPerFit {
            let folder = TemporaryDirectory()
            let fitted = try Fitting.fit(
                configuration,
                catalog: catalog,
                rows: rows(120, using: &generator),
                output: folder.file("monitor")
            ).monitor
            var set = MonitorSet()
            let monitor = try Monitor(
                name: "promise",
                kind: .drift,
                fitted: fitted,
                schema: nil,
                featureWidth: 8,
                version: "test"
            )
            set.add(monitor, at: Traffic.start)
            for look in 0..<windowsPerFit {
                // A window a minute, in two batches.
                for half in 0..<2 {
                    let event = try CloudEvent(
                        id: "\(fit)-\(look)-\(half)",
                        source: "/vedette/test",
                        type: EventType.inferenceRequest,
                        time: Traffic.second(Double(look) * 60 + Double(half) * 30),
                        dataContentType: "application/json",
                        extensions: ["model": "promise", "requestid": .string("\(fit)-\(look)-\(half)")],
                        data: InferenceRequest(
                            inputs: [NamedTensor(name: "x", rows(25, shift: shift, using: &generator))]
                        ).encoded()
                    )
                    for verdict in set.observe(event, position: 0, receivedAt: event.time ?? Traffic.start)
                    where try VerdictData(of: verdict).status == .alarm { inAlarm += 1 }
                }
            }
            alarms += Int(set.monitors["promise"]?.counts.alarms ?? 0)
            looks += Int(set.monitors["promise"]?.counts.looks ?? 0)
        }
        return (alarms, inAlarm, looks)
    }

    private static var windows: Int {
        ProcessInfo.processInfo.environment["PROMISE_WINDOWS"].flatMap(Int.init) ?? 4000
    }

    @Test(arguments: [
        "name = \"KSDrift\"",
        "name = \"MMDDrift\"\nn_permutations = 50\nmax_permutations = 1000",
    ])
    func `is kept by what it is made of`(method: String) throws {
        // A joint test of windows costs a hundred times one by columns.
        let windows = method.contains("MMD") ? Self.windows / 4 : Self.windows
        let (alarms, _, looks) = try Self.alarms(windows: windows, method: method, seed: 1)
        #expect(looks == windows)
        let promised = Double(looks) / 100
        print(
            "false alarms: \(alarms) in \(looks) clean windows, \(promised) promised: \(method.prefix { $0 != "\n" })"
        )
        // Windows of one fit share its reference, which clumps their alarms: the variance is a few times Poisson's.
        #expect(Double(alarms) <= promised + 4 * (3 * promised).squareRoot())
        #expect(Double(alarms) > promised / 10, "a test that never fires would keep any promise")
    }

    @Test func `is not kept by seeing nothing`() throws {
        // Four columns of sixteen move by a standard deviation.
        let (_, inAlarm, looks) = try Self.alarms(windows: 500, method: "name = \"KSDrift\"", shift: 1, seed: 2)
        #expect(inAlarm > looks / 2, "\(inAlarm) of \(looks)")
    }
}
