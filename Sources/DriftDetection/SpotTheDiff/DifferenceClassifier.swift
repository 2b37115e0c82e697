import LinearAlgebra
import Methods
import Statistics
import Tensors

/// A classifier that can be read: `logit = b + Σ a · k(x, mean + difference)`, one term for each difference that it
/// learns, with a Gaussian kernel.
///
/// Minimises the logistic loss with `±logit` as the logits of the two classes, plus `l1` times the mean magnitude of the
/// differences, by Adam in double precision over rows in a seeded order. Columns are standardised while it learns, so
/// that no unit counts for more; differences are told in the unit of the rows.
///
/// Source: W. Jitkrittum et al. (2016), "Interpretable distribution features with maximum testing power",
/// arXiv:1605.06796.
struct DifferenceClassifier: DomainClassifier {
    /// How it learns.
    struct Settings: Sendable {
        var differences: Int
        var l1: Double
        var epochs: Int
        var batchSize: Int
        var learningRate: Double
    }

    private let scaling: Scaling
    private let centre: [Double]  // the reference's mean, standardised
    private let gamma: Double
    private let count: Int
    private var parameters: [Double]  // b, a[count], differences[count · d]

    private var size: Int { centre.count }

    /// Learns.
    init(learning examples: DomainRows, _ settings: Settings, seed: UInt64) {
        let scaling = Scaling(fittedTo: examples.rows)
        let rows = scaling.scaled(examples.rows)
        let reference = rows.selectingRows(examples.isWindow.indices.filter { !examples.isWindow[$0] })
        let kernel = GaussianKernel(
            medianOf: reference.rows > 1 ? reference : rows,
            seed: seed
        )
        let sigma = Double(kernel.sigmas[0])
        self.scaling = scaling
        gamma = 1 / (2 * sigma * sigma)
        centre = Elementwise.meanColumns(reference)
        count = settings.differences
        var generator = SeededGenerator(seed: seed).split(stream: 21)
        let size = centre.count
        parameters = [Double](repeating: 0, count: 1 + count)
        for _ in 0..<count * size { parameters.append(generator.normal()) }
        learn(rows, examples.isWindow, settings, using: &generator)
    }

    private mutating func learn(
        _ rows: Tensor<Float>,
        _ isWindow: [Bool],
        _ settings: Settings,
        using generator: inout SeededGenerator
    ) {
        var adam = Adam(learningRate: settings.learningRate, count: parameters.count)
        let penalty = settings.l1 / Double(count * size)
        for _ in 0..<settings.epochs {
            let order = generator.permutation(rows.rows)
            for start in stride(from: 0, to: order.count, by: settings.batchSize) {
                var gradient = [Double](repeating: 0, count: parameters.count)
                let batch = order[start..<min(start + settings.batchSize, order.count)]
                rows.withUnsafeBufferPointer { values in
                    for row in batch {
                        addGradient(
                            UnsafeBufferPointer(rebasing: values[row * size..<(row + 1) * size]),
                            isWindow[row],
                            1 / Double(batch.count),
                            to: &gradient
                        )
                    }
                }
                for index in 1 + count..<parameters.count {
                    let value = parameters[index]
                    gradient[index] += value > 0 ? penalty : (value < 0 ? -penalty : 0)
                }
                adam.step(&parameters, gradient: gradient)
            }
        }
    }

    /// The kernel of a row with one learned place.
    private func similarity(_ row: UnsafeBufferPointer<Float>, _ place: Int) -> Double {
        let start = 1 + count + place * size
        var distance = 0.0
        for column in 0..<size {
            let difference = Double(row[column]) - centre[column] - parameters[start + column]
            distance += difference * difference
        }
        return Double.exponential(-gamma * distance)
    }

    private func logit(_ row: UnsafeBufferPointer<Float>) -> Double {
        (0..<count).reduce(parameters[0]) { $0 + parameters[1 + $1] * similarity(row, $1) }
    }

    private func addGradient(
        _ row: UnsafeBufferPointer<Float>,
        _ isWindow: Bool,
        _ share: Double,
        to gradient: inout [Double]
    ) {
        let similarities = (0..<count).map { similarity(row, $0) }
        let logit = similarities.indices.reduce(parameters[0]) { $0 + parameters[1 + $1] * similarities[$1] }
        // The classes' logits are −logit and logit: the chance of the window is the sigmoid of twice the logit.
        let slope = 2 * share * (1 / (1 + Double.exponential(-2 * logit)) - (isWindow ? 1 : 0))
        gradient[0] += slope
        for place in 0..<count {
            gradient[1 + place] += slope * similarities[place]
            let factor = slope * parameters[1 + place] * similarities[place] * 2 * gamma
            let start = 1 + count + place * size
            for column in 0..<size {
                let difference = Double(row[column]) - centre[column] - parameters[start + column]
                gradient[start + column] += factor * difference
            }
        }
    }

    func probabilities(of rows: Tensor<Float>) -> [Double] {
        let scaled = scaling.scaled(rows)
        return scaled.withUnsafeBufferPointer { values in
            (0..<rows.rows).map { row in
                let logit = logit(UnsafeBufferPointer(rebasing: values[row * size..<(row + 1) * size]))
                return 1 / (1 + Double.exponential(-2 * logit))
            }
        }
    }

    /// `diffs`, the differences one after the other in the unit of the rows, and `diff_coeffs`, what each counts: positive
    /// where the window is more like the reference's mean with the difference.
    var explanation: [String: [Double]]? {
        let differences = (0..<count * size).map { index in
            let column = index % size
            return parameters[1 + count + index] / Double(scaling.scale[scaling.scale.count == 1 ? 0 : column])
        }
        return ["diffs": differences, "diff_coeffs": Array(parameters[1..<1 + count])]
    }
}
