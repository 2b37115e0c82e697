import Methods
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A batch whose rows are images, channels last, with the geometric maps that corruptions need.
struct ImageBatch {
    let height: Int
    let width: Int
    let channels: Int
    private let batch: Tensor<Float>

    /// - Throws: `.shapeMismatch` when the rows are not images.
    init(_ batch: Tensor<Float>, _ purpose: String) throws(MethodError) {
        let shape = batch.rowShape
        guard shape.count == 2 || shape.count == 3, batch.elementsPerRow > 0 else {
            throw MethodError(
                .shapeMismatch,
                "\(purpose): rows have the shape \(shape)",
                remedy: "Give images, as [n, height, width] or [n, height, width, channels]"
            )
        }
        height = shape[0]
        width = shape[1]
        channels = shape.count == 3 ? shape[2] : 1
        self.batch = batch
    }

    /// Returns the batch with each image changed in place by `change`.
    func mappedImages(_ change: (UnsafeMutableBufferPointer<Float>) -> Void) -> Tensor<Float> {
        var result = batch
        let size = batch.elementsPerRow
        result.withUnsafeMutableBufferPointer { values in
            for row in 0..<batch.rows {
                change(UnsafeMutableBufferPointer(rebasing: values[row * size..<(row + 1) * size]))
            }
        }
        return result
    }

    /// Returns every image turned counter-clockwise about its centre, with bilinear interpolation.
    func rotated(byDegrees degrees: Double, background: Float) -> Tensor<Float> {
        let angle = degrees * .pi / 180
        let (sine, cosine) = (Float(sin(angle)), Float(cos(angle)))
        let centre = (y: Float(height - 1) / 2, x: Float(width - 1) / 2)
        return mappedImages { image in
            let source = Source(
                pixels: Array(image),
                height: height,
                width: width,
                channels: channels,
                outside: background
            )
            for y in 0..<height {
                for x in 0..<width {
                    let (dy, dx) = (Float(y) - centre.y, Float(x) - centre.x)
                    let fromX = centre.x + cosine * dx - sine * dy
                    let fromY = centre.y + sine * dx + cosine * dy
                    for channel in 0..<channels {
                        image[(y * width + x) * channels + channel] = source.value(y: fromY, x: fromX, channel)
                    }
                }
            }
        }
    }

    /// Returns every image smoothed by a Gaussian of `sigma` pixels, edges repeated.
    func blurred(sigma: Double) -> Tensor<Float> {
        let radius = max(1, Int((3 * sigma).rounded(.up)))
        let unnormalised = (-radius...radius).map { Float(exp(-Double($0 * $0) / (2 * sigma * sigma))) }
        let total = unnormalised.reduce(0, +)
        let weights = unnormalised.map { $0 / total }
        return mappedImages { image in
            for isVertical in [false, true] {
                let source = Array(image)
                for y in 0..<height {
                    for x in 0..<width {
                        for channel in 0..<channels {
                            var sum: Float = 0
                            for offset in -radius...radius {
                                let row = isVertical ? min(max(y + offset, 0), height - 1) : y
                                let column = isVertical ? x : min(max(x + offset, 0), width - 1)
                                sum += weights[offset + radius] * source[(row * width + column) * channels + channel]
                            }
                            image[(y * width + x) * channels + channel] = sum
                        }
                    }
                }
            }
        }
    }
}

/// An image that can be read between its pixels.
private struct Source {
    let pixels: [Float]
    let height: Int
    let width: Int
    let channels: Int
    let outside: Float

    /// The value at a point, bilinear between the four pixels around it.
    func value(y: Float, x: Float, _ channel: Int) -> Float {
        let (top, left) = (y.rounded(.down), x.rounded(.down))
        let (lower, right) = (y - top, x - left)
        let (row, column) = (Int(top), Int(left))
        let above = pixel(row, column, channel) * (1 - right) + pixel(row, column + 1, channel) * right
        let below = pixel(row + 1, column, channel) * (1 - right) + pixel(row + 1, column + 1, channel) * right
        return above * (1 - lower) + below * lower
    }

    private func pixel(_ y: Int, _ x: Int, _ channel: Int) -> Float {
        guard 0..<height ~= y, 0..<width ~= x else { return outside }
        return pixels[(y * width + x) * channels + channel]
    }
}
