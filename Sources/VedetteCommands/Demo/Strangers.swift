package import Statistics
package import Tensors

/// Pictures that belong to no class of the demonstration's model: chequers, stripes, rings, gradients and static.
package enum Strangers {
    /// Draws `count` pictures, shape `[count, height, width, channels]`, with values in `scale`.
    ///
    /// Each has a pattern, a period and a phase of its own, drawn by `generator`.
    package static func draw(
        count: Int,
        imageShape: [Int],
        scale: ClosedRange<Float>,
        using generator: inout SeededGenerator
    ) -> Tensor<Float> {
        let height = imageShape[0], width = imageShape[1], channels = imageShape[2]
        var pictures = Tensor<Float>(shape: [count] + imageShape, repeating: 0)
        for index in 0..<count {
            let pattern = Pattern.allCases[index % Pattern.allCases.count]
            let period = Int.random(in: 1...max(1, height / 4), using: &generator)
            let phase = Int.random(in: 0..<(2 * period), using: &generator)
            let tint = (0..<channels).map { _ in Float.random(in: 0.6...1, using: &generator) }
            pictures.withUnsafeMutableBufferPointer { values in
                for y in 0..<height {
                    for x in 0..<width {
                        let level = pattern.level(
                            x: x,
                            y: y,
                            width: width,
                            height: height,
                            period: period,
                            phase: phase,
                            using: &generator
                        )
                        for channel in 0..<channels {
                            let offset = ((index * height + y) * width + x) * channels + channel
                            values[offset] =
                                scale.lowerBound
                                + (scale.upperBound - scale.lowerBound) * level * tint[channel]
                        }
                    }
                }
            }
        }
        return pictures
    }

    private enum Pattern: CaseIterable {
        case chequers, stripes, ring, gradient, noise

        /// The brightness of one pixel in `0...1`.
        func level(
            x: Int,
            y: Int,
            width: Int,
            height: Int,
            period: Int,
            phase: Int,
            using generator: inout SeededGenerator
        ) -> Float {
            switch self {
            case .chequers: ((x + phase) / period + y / period) % 2 == 0 ? 1 : 0
            case .stripes: (x + y + phase) / period % 2 == 0 ? 1 : 0
            case .ring: ringLevel(x: x, y: y, width: width, height: height, period: period)
            case .gradient: Float((x + phase) % width + y) / Float(width + height - 2)
            case .noise: Float.random(in: 0...1, using: &generator)
            }
        }

        private func ringLevel(x: Int, y: Int, width: Int, height: Int, period: Int) -> Float {
            let dx = Float(x) - Float(width - 1) / 2, dy = Float(y) - Float(height - 1) / 2
            return Int((dx * dx + dy * dy).squareRoot()) / period % 2 == 0 ? 0 : 1
        }
    }
}
