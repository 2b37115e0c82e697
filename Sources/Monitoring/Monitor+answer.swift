import Methods
package import OpenInference
import Tensors

extension Monitor {
    /// Judges the tensors of one request by themselves, as a V2 model does: no window, no budget, nothing remembered.
    ///
    /// A test of windows takes all rows together as one window; a method for instances takes them one by one. The
    /// answer's tensors are named after the fields of the monitor's verdicts.
    ///
    /// - Throws: `.wrongShape` when the tensors are not what the monitor reads; the method's own errors.
    package func answer(to tensors: [NamedTensor]) throws -> [NamedTensor] {
        let rows: Tensor<Float>
        do throws(Exclusion) { rows = try reader.rows(of: tensors) } catch {
            throw MonitoringError(
                code: .wrongShape,
                message: "the rows do not suit the monitor \(name): \(error.reason.name)",
                remedy: "Send the tensors that the monitor reads, each row of shape \(fitted.manifest.givenRowShape)"
            )
        }
        let features = try fitted.features(of: rows, from: fitted.rowSource)
        switch fitted.method {
        case .window(let test):
            let result = try test.test(features, level: test.significance, using: fitted.configuration.seed)
            return [
                Self.integers(kind.flag, [result.isDrift ? 1 : 0]),
                Self.numbers("p_val", result.pValues),
                Self.numbers("distance", result.distances),
                Self.numbers("threshold", [result.threshold]),
                Self.numbers("p_value", [result.pValue]),
            ]
        case .instance(let scorer):
            let result = try scorer.score(features)
            return [
                Self.integers(kind.flag, result.isOutlier.map { $0 ? 1 : 0 }),
                Self.numbers("instance_score", result.scores),
                Self.numbers("p_value", result.pValues),
                Self.numbers("threshold", [scorer.threshold]),
            ]
        case .sequential(let test):
            let answers = try test.answers(to: features)
            return [
                Self.integers(kind.flag, answers.map { $0.isDrift ? 1 : 0 }),
                Self.integers("time", answers.map { Int64($0.time) }),
                Self.numbers("test_stat", answers.map(\.statistic)),
                Self.numbers("threshold", answers.map(\.threshold)),
            ]
        }
    }

    private static func integers(_ name: String, _ values: [Int64]) -> NamedTensor {
        NamedTensor(name: name, Tensor<Int64>(shape: [values.count]) { _ = $0.initialize(from: values) })
    }

    private static func numbers(_ name: String, _ values: [Double]) -> NamedTensor {
        NamedTensor(name: name, Tensor<Double>(shape: [values.count]) { _ = $0.initialize(from: values) })
    }
}
