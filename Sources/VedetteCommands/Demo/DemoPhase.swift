import AdversarialDetection
import DriftDetection
import NativeModels
import Statistics
package import Tensors

/// A stretch of traffic, and what the mesh should say of it.
package struct DemoPhase: Sendable {
    /// Its name, also the beginning of its request ids.
    package let name: String
    /// What is sent, for a person.
    package let what: String
    /// What is sent, one row a request.
    package let rows: Tensor<Float>
    /// The kinds of alert that must open.
    package let expected: Set<String>
    /// Further kinds that may open, because what was done shows there too.
    package let permitted: Set<String>

    /// The phases, in their order.
    ///
    /// Strangers and attacks change what the model answers, which the drift test on its answers rightly sees. Turned
    /// and noisy images are partly strange. So only these combinations are permitted; all others are failures.
    package static func all(of demonstration: Demonstration.Prepared) throws -> [DemoPhase] {
        let rows = demonstration.rows, split = demonstration.split, scale = demonstration.scale
        var generator = SeededGenerator(seed: Demonstration.seed)
        let attacked = rows.selecting(split.attacked)
        return [
            DemoPhase(
                name: "clean",
                what: "images as they are",
                rows: rows.selecting(split.clean).rows,
                expected: [],
                permitted: []
            ),
            DemoPhase(
                name: "drift",
                what: "turned by 15° to 45°, with more and more noise",
                rows: try drifting(rows.selecting(split.drifting).rows, scale: scale, using: &generator),
                expected: ["drift"],
                permitted: ["outlier", "adversarial"]
            ),
            DemoPhase(
                name: "outliers",
                what: "chequers, stripes, rings, gradients and static",
                rows: Strangers.draw(
                    count: 100,
                    imageShape: Array(rows.rows.shape.dropFirst()),
                    scale: scale,
                    using: &generator
                ),
                expected: ["outlier"],
                permitted: ["drift", "adversarial"]
            ),
            DemoPhase(
                name: "adversarial",
                what: "FGSM and PGD against the model",
                rows: try adversarial(attacked, by: demonstration, using: &generator),
                expected: ["adversarial"],
                permitted: ["drift"]
            ),
        ]
    }

    /// The first third is turned a little, the last much.
    private static func drifting(
        _ rows: Tensor<Float>,
        scale: ClosedRange<Float>,
        using generator: inout SeededGenerator
    ) throws -> Tensor<Float> {
        let third = rows.rows / 3
        let parts = try (0..<3).map { part in
            let range = part * third..<(part == 2 ? rows.rows : (part + 1) * third)
            let turned = try Corruption.rotation.applied(
                to: rows.rows(range),
                severity: part + 1,
                range: scale,
                using: &generator
            )
            return try Corruption.gaussianNoise.applied(
                to: turned,
                severity: part + 1,
                range: scale,
                using: &generator
            )
        }
        return try Tensor.concatenatingRows(parts)
    }

    /// Every other row by one step, the rest by twenty; each value moves by at most the settings' epsilon.
    private static func adversarial(
        _ attacked: LabelledRows,
        by demonstration: Demonstration.Prepared,
        using generator: inout SeededGenerator
    ) throws -> Tensor<Float> {
        let model = demonstration.model, scale = demonstration.scale
        let epsilon = demonstration.settings.epsilon * (scale.upperBound - scale.lowerBound)
        let half = attacked.labels.count / 2
        let fast = attacked.selecting(Array(0..<half)), slow = attacked.selecting(Array(half..<attacked.labels.count))
        return try Tensor.concatenatingRows([
            Attack.fastGradientSign(epsilon: epsilon, range: scale)
                .attacked(fast.rows, labels: fast.labels, model: model, using: &generator),
            Attack.projectedGradient(epsilon: epsilon, range: scale)
                .attacked(slow.rows, labels: slow.labels, model: model, using: &generator),
        ])
    }
}
