import CLayerKernels

/// One of two tensors: the first while training, the second otherwise.
final class ModeChoice: TwiceDifferentiable {
    private let training: Variable
    private let otherwise: Variable
    let output: Variable

    /// Both have one shape, and both are shared by the rows or neither is.
    init(training: Variable, otherwise: Variable, in graph: Graph) {
        self.training = training
        self.otherwise = otherwise
        output = graph.output(shape: training.shape, isPerRow: training.isPerRow, of: [training, otherwise])
    }

    var inputs: [Variable] { [training, otherwise] }

    func forward(_ pass: Pass) {
        let chosen = pass.isTraining ? training : otherwise
        output.value.update(from: chosen.value, count: output.count(pass.rows))
    }

    func backward(_ pass: Pass) {
        let count = output.count(pass.rows)
        let (chosen, other) = pass.isTraining ? (training, otherwise) : (otherwise, training)
        if other.needsGradient, !other.accumulates { other.gradient.update(repeating: 0, count: count) }
        if chosen.needsGradient {
            layer_scale(output.gradient, chosen.gradient, count, 1, chosen.accumulateFlag)
        }
    }

    func recordGradient(of input: Variable, from gradient: Variable, in graph: Graph) -> Variable {
        let nothing = graph.affine(gradient, factor: 0)
        return graph.record(
            ModeChoice(
                training: input === training ? gradient : nothing,
                otherwise: input === otherwise ? gradient : nothing,
                in: graph
            )
        )
    }
}
