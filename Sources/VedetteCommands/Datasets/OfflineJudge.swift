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
            var data = DriftData(result, status: result.isDrift ? .alarm : .ok, featureNames: featureNames)
            data.details = result.details.merging(result.rowDetails) { first, _ in first }
            let slices = monitor.slices(of: result, features)
            data.add(slices, featureNames: featureNames)
            data.message = SliceAttribution.sentence(slices) { DriftData.name($0, featureNames) }
            if let cause = try monitor.cause(of: result, features, using: monitor.configuration.seed) {
                data.message = [cause.sentence, data.message].compactMap { $0 }.joined(separator: "; ")
                data.details.merge(cause.details) { first, _ in first }
            }
            return VerdictData(.drift(data), meta: meta)
        case .sequential(let test):
            // Of a batch the first detection is told, or where the test stands at its end.
            var all: [VerdictData] = []
            try judge(test, features: features) { all.append($1) }
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
        var data = DriftData(answer, status: status, featureNames: featureNames)
        data.message = answer.remark
        return VerdictData(.drift(data), meta: meta)
    }

    /// What a sequential test says after each row, in order; the test begins anew after detections where it does that.
    ///
    /// A row with NaN, an infinity or a value that the method is not for does not enter: its verdict is `insufficient`, with the reason.
    private func judge(
        _ test: any SequentialTest,
        features: Tensor<Float>,
        each: (Int, VerdictData) -> Void
    ) throws {
        var run = SequentialRun(test)
        let width = features.elementsPerRow
        try features.withUnsafeBufferPointer { (values: UnsafeBufferPointer<Float>) throws -> Void in
            for row in 0..<features.rows {
                let place = UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width])
                do throws(MethodError) { try test.check(place) } catch {
                    guard error.code != .shapeMismatch else { throw error }
                    let data = DriftData(status: .insufficient, message: error.message)
                    each(row, VerdictData(.drift(data), meta: meta))
                    continue
                }
                _ = run.take(place)
                each(row, verdict(of: run.finding))
                run.restart(after: test)
            }
        }
    }

    /// Says what is said after each of the rows, one after the other, as soon as it is known.
    ///
    /// - Parameter each: Takes the row, from 0 on, and its verdict.
    package func judge(_ rows: Tensor<Float>, each: (Int, VerdictData) -> Void) throws {
        if case .sequential(let test) = monitor.method {
            return try judge(test, features: monitor.features(of: rows, from: .inputs), each: each)
        }
        for row in 0..<rows.rows { each(row, try verdict(afterRow: row, of: rows)) }
    }

    /// What is said after each of the rows, one after the other.
    package func verdicts(afterRowsOf rows: Tensor<Float>) throws -> [VerdictData] {
        var verdicts: [VerdictData] = []
        try judge(rows) { verdicts.append($1) }
        return verdicts
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

    /// What the features are called: the columns of the reference where the method compares them as they are.
    private var featureNames: [String] {
        let step = monitor.configuration.preprocess.method
        return step == .none || step == .standardise ? monitor.manifest.columns ?? [] : []
    }

    private var isAdversarial: Bool { monitor.configuration.method.hasPrefix("Adversarial") }
}
