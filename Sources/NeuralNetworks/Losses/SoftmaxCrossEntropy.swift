import CLayerKernels

/// The mean over rows of the cross-entropy between softmax of logits and integer labels.
///
/// With smoothing s the target is `1 − s` at the label plus `s / classes` everywhere.
final class SoftmaxCrossEntropy: Operation {
    private let logits: Variable
    private let labels: Variable
    let output: Variable
    private let smoothing: Float
    private var probabilities = Arena.nothing

    init(_ logits: Variable, labels: Variable, smoothing: Float, in graph: Graph) {
        precondition(labels.size == 1, "a row has one label")
        self.logits = logits
        self.labels = labels
        self.smoothing = smoothing
        output = graph.output(shape: [], isPerRow: false, of: [logits])
    }

    var inputs: [Variable] { [logits] }
    private var classes: Int { logits.size }
    func scratchCount(rows: Int) -> Int { logits.count(rows) }
    func place(scratch: UnsafeMutablePointer<Float>) { probabilities = scratch }

    /// - Throws: `.invalidIndex` for a label that is not a class.
    func forward(_ pass: Pass) throws(NeuralNetworkError) {
        for row in 0..<pass.rows { _ = try Int(index: labels.value[row], below: classes, "softmaxCrossEntropy") }
        let total = layer_softmax_cross_entropy(
            logits.value,
            labels.value,
            probabilities,
            pass.rows,
            classes,
            smoothing
        )
        output.value[0] = Float(total / Double(pass.rows))
    }

    func backward(_ pass: Pass) {
        let share = output.gradient[0] / Float(pass.rows)
        layer_scale(probabilities, logits.gradient, logits.count(pass.rows), share, logits.accumulateFlag)
        let uniform = share * smoothing / Float(classes)
        for row in 0..<pass.rows {
            let gradient = logits.gradient + row * classes
            if uniform != 0 { for index in 0..<classes { gradient[index] -= uniform } }
            gradient[Int(labels.value[row])] -= share * (1 - smoothing)
        }
    }
}
