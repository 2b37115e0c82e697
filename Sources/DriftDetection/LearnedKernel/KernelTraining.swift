import Statistics
import Tensors

/// How a kernel is trained.
struct KernelTraining: Sendable {
    /// Units of the layers of φ.
    var hidden: [Int]
    /// The share of the kernel of the rows themselves; nil where it is learned.
    var fixedShare: Double?
    /// What is added to the variance.
    var regularisation: Double
    /// Passes over the smaller sample.
    var epochs: Int
    /// Rows of each sample in a step.
    var batchSize: Int
    /// Adam's step size.
    var learningRate: Double

    /// Trains a kernel on two samples, shapes `[n, d]` and `[m, d]`, at least 2 rows each.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func kernel(_ reference: Tensor<Float>, _ window: Tensor<Float>, seed: UInt64) throws -> DeepKernel {
        var kernel = try DeepKernel(startingFrom: reference, hidden: hidden, fixedShare: fixedShare, seed: seed)
        let size = min(batchSize, reference.rows, window.rows)
        let power = try KernelPower(
            rows: size,
            sizes: kernel.sizes,
            fixedShare: fixedShare,
            regularisation: regularisation
        )
        var adam = Adam(learningRate: learningRate, count: kernel.parameters.count)
        var generator = SeededGenerator(seed: seed).split(stream: 32)
        let steps = min(reference.rows, window.rows) / size
        func pass(_ body: (Tensor<Float>, Tensor<Float>) throws -> Void) throws {
            try Task.checkCancellation()
            let orders = (generator.permutation(reference.rows), generator.permutation(window.rows))
            for step in 0..<steps {
                let places = step * size..<(step + 1) * size
                try body(
                    reference.selectingRows(Array(orders.0[places])),
                    window.selectingRows(Array(orders.1[places]))
                )
            }
        }
        try chooseRowWidth(of: &kernel, power, pass)
        for _ in 0..<epochs {
            try pass { x, y in
                let gradient = try power.evaluate(x, y, parameters: kernel.parameters).gradient
                guard gradient.allSatisfy(\.isFinite) else { return }  // rows that all coincide
                adam.step(&kernel.parameters, gradient: gradient.map { -$0 })
            }
        }
        return kernel
    }

    /// Starts the kernel of the rows at the width, from a sixteenth of the median distance to twice that, at which the
    /// objective is largest: gradients take small steps on the logarithm of a width, and what differs within clusters is
    /// far from the median.
    private func chooseRowWidth(
        of kernel: inout DeepKernel,
        _ power: KernelPower,
        _ pass: ((Tensor<Float>, Tensor<Float>) throws -> Void) throws -> Void
    ) throws {
        guard fixedShare != 0 else { return }
        let place = kernel.parameters.count - 2
        let candidates = (-4...1).map { power -> [Double] in
            var parameters = kernel.parameters
            parameters[place] += Double(power) * Double.logarithm(2)
            return parameters
        }
        var sums = [Double](repeating: 0, count: candidates.count)
        try pass { x, y in
            for (index, parameters) in candidates.enumerated() {
                let value = try power.evaluate(x, y, parameters: parameters).value
                if value.isFinite { sums[index] += value }
            }
        }
        let best = sums.indices.max { sums[$0] < sums[$1] } ?? 4
        kernel.parameters = candidates[best]
    }
}
