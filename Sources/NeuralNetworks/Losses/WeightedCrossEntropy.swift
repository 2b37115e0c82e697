import LinearAlgebra

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The cross-entropy between softmax of logits and integer labels where each class has a weight, `Σ loss / Σ weight` over
/// the rows, weights being those of the labels.
///
/// With smoothing s the target is `(1 − s) · weight` at the label plus `s · weight / classes` at every class, as PyTorch
/// has it.
final class WeightedCrossEntropy: Operation {
    private let logits: Variable
    private let labels: Variable
    let output: Variable
    private let weights: [Float]
    private let smoothing: Float
    private var logProbabilities = Arena.nothing

    init(_ logits: Variable, labels: Variable, weights: [Float], smoothing: Float, in graph: Graph) {
        self.logits = logits
        self.labels = labels
        self.weights = weights
        self.smoothing = smoothing
        output = graph.output(shape: [], isPerRow: false, of: [logits])
    }

    var inputs: [Variable] { [logits] }
    private var classes: Int { weights.count }
    func scratchCount(rows: Int) -> Int { logits.count(rows) }
    func place(scratch: UnsafeMutablePointer<Float>) { logProbabilities = scratch }

    /// The share of a class in the target of a row with this label.
    private func target(_ index: Int, _ label: Int) -> Float {
        weights[index] * (smoothing / Float(classes) + (index == label ? 1 - smoothing : 0))
    }

    private func label(_ row: Int) throws(NeuralNetworkError) -> Int {
        try Int(index: labels.value[row], below: classes, "softmaxCrossEntropy")
    }

    private func totalWeight(_ rows: Int) throws(NeuralNetworkError) -> Double {
        var total = 0.0
        for row in 0..<rows { total += Double(weights[try label(row)]) }
        return total
    }

    /// - Throws: `.invalidIndex` for a label that is not a class.
    func forward(_ pass: Pass) throws(NeuralNetworkError) {
        Elementwise.logSoftmaxRows(logits.value, into: logProbabilities, rows: pass.rows, columns: classes)
        var total = 0.0
        for row in 0..<pass.rows {
            let label = try label(row)
            // A target of 0 counts as nothing even where the logarithm is infinite.
            for index in 0..<classes where target(index, label) != 0 {
                total -= Double(target(index, label) * logProbabilities[row * classes + index])
            }
        }
        output.value[0] = Float(total / (try totalWeight(pass.rows)))
    }

    func backward(_ pass: Pass) throws(NeuralNetworkError) {
        let share = output.gradient[0] / Float(try totalWeight(pass.rows))
        for row in 0..<pass.rows {
            let label = try label(row)
            var sum: Float = 0
            for index in 0..<classes { sum += target(index, label) }
            for index in row * classes..<(row + 1) * classes {
                let slope = sum * expf(logProbabilities[index]) - target(index - row * classes, label)
                logits.addGradient(share * slope, at: index)
            }
        }
    }
}
