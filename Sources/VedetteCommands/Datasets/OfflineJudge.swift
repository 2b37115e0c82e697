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
            isOnline: monitor.method.isSequential,
            version: Version.current
        )
    }

    /// The verdict of one batch, shape `[n, …]`, of rows as the model is asked.
    package func verdict(of rows: Tensor<Float>, firstRow: Int = 0) throws -> VerdictData {
        let features = try monitor.features(of: rows, from: .inputs)
        switch monitor.method {
        case .window(let test):
            let result = try test.test(features, level: test.significance, using: monitor.configuration.seed)
            var data = DriftData(result, status: result.isDrift ? .alarm : .ok)
            data.details = result.details
            if let cause = try monitor.cause(of: result, features, using: monitor.configuration.seed) {
                data.message = cause.sentence
                data.details.merge(cause.details) { first, _ in first }
            }
            return VerdictData(.drift(data), meta: meta)
        case .sequential(let test):
            // Of a batch the first detection is told, or where the test stands at its end.
            let all = try verdicts(test, features: features)
            return all.first(where: \.isDetection) ?? all.last { $0.status != .insufficient } ?? all.last
                ?? VerdictData(.drift(DriftData(status: .learning)), meta: meta)
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

    private func verdict(of answer: SequentialAnswer) -> VerdictData {
        let hasEffect = answer.effect.value >= monitor.configuration.alert.minEffect
        let status: VerdictStatus =
            answer.isDrift && hasEffect ? .alarm : answer.remark == nil ? .ok : .insufficient
        var data = DriftData(answer, status: status)
        data.message = answer.remark
        return VerdictData(.drift(data), meta: meta)
    }

    /// What a sequential test says after each row, in order; the test begins anew after detections where it does that.
    ///
    /// A row with NaN, an infinity or a value that the method is not for does not enter: its verdict is `insufficient`, with the reason.
    private func verdicts(_ test: any SequentialTest, features: Tensor<Float>) throws -> [VerdictData] {
        var run = SequentialRun(test)
        let width = features.elementsPerRow
        return try features.withUnsafeBufferPointer { values in
            try (0..<features.rows).map { row in
                let place = UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width])
                do throws(MethodError) { try test.check(place) } catch {
                    guard error.code != .shapeMismatch else { throw error }
                    return VerdictData(.drift(DriftData(status: .insufficient, message: error.message)), meta: meta)
                }
                _ = run.take(place)
                defer { run.restart(after: test) }
                return verdict(of: run.finding)
            }
        }
    }

    /// What is said after each of the rows, one after the other.
    package func verdicts(afterRowsOf rows: Tensor<Float>) throws -> [VerdictData] {
        if case .sequential(let test) = monitor.method {
            return try verdicts(test, features: monitor.features(of: rows, from: .inputs))
        }
        return try (0..<rows.rows).map { try verdict(afterRow: $0, of: rows) }
    }

    /// What is said when row `row` of `rows` has come and all before it: an instance method judges that row, a window
    /// test its window when a test is due.
    package func verdict(afterRow row: Int, of rows: Tensor<Float>) throws -> VerdictData {
        switch monitor.method {
        case .sequential:
            return try verdict(of: rows.rows(0..<row + 1))
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
