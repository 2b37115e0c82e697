import CLayerKernels

/// Normalises each group of channels of each sample by its own mean and variance, then scales and shifts channel by
/// channel; the same while training and afterwards.
///
/// Layer normalisation is the case of one group where each position of the last axis is a sample.
///
/// Source: Y. Wu and K. He (2018), "Group normalization", arXiv:1803.08494; J. L. Ba et al. (2016), "Layer
/// normalization", arXiv:1607.06450.
final class GroupNormalisation: Operation {
    let x: Variable
    let scale: Variable
    let shift: Variable
    let output: Variable
    let epsilon: Float
    let groups: Int
    /// Samples of one row, and what each holds beside its channels.
    let samples: Int
    let positions: Int
    let channels: Int
    private var scratch = Arena.nothing
    private var sums: [Double]
    private var weightedSums: [Double]

    /// - Parameter samplesPerRow: 1 for group normalisation; the number of positions for layer normalisation.
    init(
        _ x: Variable,
        scale: Variable,
        shift: Variable,
        groups: Int,
        samplesPerRow: Int,
        epsilon: Float,
        in graph: Graph
    ) {
        self.x = x
        self.scale = scale
        self.shift = shift
        self.groups = groups
        self.epsilon = epsilon
        samples = samplesPerRow
        channels = scale.size
        positions = x.size / (samplesPerRow * scale.size)
        sums = Array(repeating: 0, count: channels)
        weightedSums = sums
        output = graph.output(shape: x.shape, of: [x, scale, shift])
    }

    var inputs: [Variable] { [x, scale, shift] }

    /// The mean and the inverse deviation of each group.
    func scratchCount(rows: Int) -> Int { 2 * rows * samples * groups }
    func place(scratch: UnsafeMutablePointer<Float>) { self.scratch = scratch }
    private func deviations(_ count: Int) -> UnsafeMutablePointer<Float> { scratch + count * groups }

    func forward(_ pass: Pass) {
        let count = pass.rows * samples
        layer_group_normalisation(
            x.value,
            scale.value,
            shift.value,
            output.value,
            scratch,
            deviations(count),
            count,
            positions,
            channels,
            groups,
            epsilon
        )
    }

    func backward(_ pass: Pass) {
        let count = pass.rows * samples
        if x.needsGradient {
            layer_group_normalisation_backward(
                x.value,
                output.gradient,
                scale.value,
                scratch,
                deviations(count),
                x.gradient,
                count,
                positions,
                channels,
                groups,
                x.accumulateFlag
            )
        }
        guard scale.needsGradient || shift.needsGradient else { return }
        layer_group_normalisation_sums(
            x.value,
            output.gradient,
            scratch,
            deviations(count),
            count,
            positions,
            channels,
            groups,
            &sums,
            &weightedSums
        )
        scale.addGradient(weightedSums)
        shift.addGradient(sums)
    }
}

extension Variable {
    /// Overwrites the gradient with sums, or adds them; does nothing where no gradient is wanted.
    func addGradient(_ sums: some Sequence<Double>) {
        guard needsGradient else { return }
        for (index, sum) in sums.enumerated() { gradient[index] = (accumulates ? gradient[index] : 0) + Float(sum) }
    }
}
