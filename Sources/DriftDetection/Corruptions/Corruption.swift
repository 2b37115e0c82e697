package import Methods
import Statistics
package import Tensors

/// A way in which a camera, a scanner or a sender goes bad, in five degrees; for drills and tests.
///
/// The degrees of noise, contrast and brightness are those of ImageNet-C for values in `0...1`, scaled to the range of
/// the inputs; blur is in shares of the image's side, so that small images blur alike; rotation is 15° a degree.
///
/// Source: D. Hendrycks and T. Dietterich (2019), "Benchmarking neural network robustness to common corruptions and
/// perturbations", arXiv:1903.12261.
package enum Corruption: String, Sendable, CaseIterable {
    /// Independent normal noise on every value; works on rows of any shape.
    case gaussianNoise = "gaussian-noise"
    /// Every image turned about its centre by the same angle; what comes from outside is the lowest value.
    case rotation
    /// Each image smoothed by a Gaussian.
    case blur
    /// Each image pulled towards its own mean.
    case contrast
    /// Every value raised; works on rows of any shape.
    case brightness

    /// The degrees.
    package static let severities = 1...5

    /// Returns the corrupted batch.
    ///
    /// - Parameters:
    ///   - batch: Shape `[n, height, width, channels]` or `[n, height, width]`; noise and brightness take any shape.
    ///   - severity: 1 to 5.
    ///   - range: The smallest and largest value that an input may have; results are clipped to it.
    ///   - generator: Draws the noise.
    /// - Returns: The shape of `batch`.
    /// - Throws: `.invalidConfiguration` for another severity, `.shapeMismatch` for rows that are not images.
    package func applied(
        to batch: Tensor<Float>,
        severity: Int,
        range: ClosedRange<Float>,
        using generator: inout some RandomNumberGenerator
    ) throws(MethodError) -> Tensor<Float> {
        guard Corruption.severities.contains(severity) else {
            throw MethodError(.invalidConfiguration, "severity is \(severity)", remedy: "Choose 1 to 5")
        }
        var corrupted = try changed(batch, degree: severity - 1, range: range, using: &generator)
        corrupted.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = min(max(values[index], range.lowerBound), range.upperBound) }
        }
        return corrupted
    }

    private func changed(
        _ batch: Tensor<Float>,
        degree: Int,
        range: ClosedRange<Float>,
        using generator: inout some RandomNumberGenerator
    ) throws(MethodError) -> Tensor<Float> {
        let span = range.upperBound - range.lowerBound
        switch self {
        case .gaussianNoise:
            let deviation: Float = span * [0.08, 0.12, 0.18, 0.26, 0.38][degree]
            var noisy = batch
            noisy.withUnsafeMutableBufferPointer { values in
                for index in values.indices { values[index] += deviation * Float(generator.normal()) }
            }
            return noisy
        case .brightness:
            let rise: Float = span * [0.1, 0.2, 0.3, 0.4, 0.5][degree]
            return batch.map { $0 + rise }
        case .contrast:
            let share: Float = [0.4, 0.3, 0.2, 0.1, 0.05][degree]
            return try ImageBatch(batch, rawValue).mappedImages { image in
                let mean = image.reduce(0, +) / Float(image.count)
                for index in image.indices { image[index] = mean + share * (image[index] - mean) }
            }
        case .rotation:
            return try ImageBatch(batch, rawValue).rotated(
                byDegrees: 15 * Double(degree + 1),
                background: range.lowerBound
            )
        case .blur:
            let images = try ImageBatch(batch, rawValue)
            let share: Double = [0.0125, 0.025, 0.04, 0.06, 0.09][degree]
            return images.blurred(sigma: 0.3 + share * Double(min(images.height, images.width)))
        }
    }
}
