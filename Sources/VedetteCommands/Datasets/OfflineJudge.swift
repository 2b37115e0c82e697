package import CloudEvents
package import Methods
import Monitoring
import ServiceKit
package import Tensors

/// Judges rows of a file by a fitted monitor, as a service would judge them in its traffic.
package struct OfflineJudge: Sendable {
    private let monitor: FittedMonitor
    private let meta: VerdictMeta

    /// - Parameter name: What verdicts call the monitor.
    package init(monitor: FittedMonitor, name: String) {
        self.monitor = monitor
        meta = VerdictMeta(
            monitor: name,
            method: monitor.configuration.method,
            configHash: monitor.configHash,
            namespace: monitor.configuration.monitor?.namespace ?? "default",
            model: monitor.configuration.monitor?.model ?? "",
            modelVersion: monitor.manifest.modelVersion,
            version: Version.current
        )
    }

    /// The verdict of one batch, shape `[n, …]`, of rows as the model is asked.
    package func verdict(of rows: Tensor<Float>, firstRow: Int = 0) throws -> VerdictData {
        let features = try monitor.features(of: rows, from: .inputs)
        switch monitor.method {
        case .window(let test):
            let result = try test.test(features, level: test.significance, using: monitor.configuration.seed)
            return VerdictData(.drift(DriftData(result, status: result.isDrift ? .alarm : .ok)), meta: meta)
        case .instance(let scorer):
            let result = try scorer.score(features)
            let data = InstanceData(
                result,
                threshold: scorer.threshold,
                rows: Array(firstRow..<firstRow + rows.rows)
            )
            return VerdictData(isAdversarial ? .adversarial(data) : .outlier(data), meta: meta)
        }
    }

    /// What is said when row `row` of `rows` has come and all before it: an instance method judges that row, a window
    /// test its window when a test is due.
    package func verdict(afterRow row: Int, of rows: Tensor<Float>) throws -> VerdictData {
        switch monitor.method {
        case .instance:
            return try verdict(of: rows.rows(row..<row + 1), firstRow: row)
        case .window:
            let window = monitor.configuration.monitor?.window ?? .standard
            let seen = row + 1
            guard seen >= window.size else { return VerdictData(.drift(DriftData(status: .learning)), meta: meta) }
            guard (seen - window.size) % window.every == 0 else {
                return VerdictData(.drift(DriftData(status: .ok)), meta: meta)
            }
            return try verdict(of: rows.rows(seen - window.size..<seen))
        }
    }

    private var isAdversarial: Bool { monitor.configuration.method.hasPrefix("Adversarial") }
}
