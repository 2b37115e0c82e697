import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Small random changes to images that leave their meaning alone: turned, enlarged, shifted, mirrored, with noise.
///
/// Values between pixels are interpolated; what comes from outside the image is 0.
public struct ImageAugmentation: Sendable, Hashable {
    /// The largest shift along each axis, in pixels.
    public var shift: Float
    /// The largest rotation either way, in degrees.
    public var rotation: Float
    /// The largest relative enlargement or reduction, below 1.
    public var zoom: Float
    /// The standard deviation of noise added to every value, in the images' unit.
    public var noise: Float
    /// Whether half of the images are mirrored left to right.
    public var mirrors: Bool

    /// Makes an augmentation; all changes are off unless they are given.
    public init(shift: Float = 0, rotation: Float = 0, zoom: Float = 0, noise: Float = 0, mirrors: Bool = false) {
        self.shift = shift
        self.rotation = rotation
        self.zoom = zoom
        self.noise = noise
        self.mirrors = mirrors
    }

    func check(_ shape: [Int]) throws(NeuralNetworkError) {
        guard shape.count == 3 else {
            throw NeuralNetworkError(
                .invalidTraining,
                "augmentation needs images [height, width, channels] and the rows are \(shape)",
                remedy: "Train without augmentation, or give the network an image as input"
            )
        }
        guard [shift, rotation, noise].allSatisfy({ $0 >= 0 && $0.isFinite }), 0..<1 ~= zoom else {
            throw NeuralNetworkError(
                .invalidTraining,
                "augmentation by shift \(shift), rotation \(rotation), zoom \(zoom), noise \(noise)",
                remedy: "Choose values from 0 up, and a zoom below 1"
            )
        }
    }

    /// Changes one image in place.
    ///
    /// - Parameters:
    ///   - image: `[height, width, channels]`.
    ///   - generator: Draws as many numbers whatever they turn out to be.
    func apply(
        to image: UnsafeMutablePointer<Float>,
        shape: [Int],
        using generator: inout some RandomNumberGenerator
    ) {
        let (height, width, channels) = (shape[0], shape[1], shape[2])
        let angle = draw(rotation, &generator) * Float.pi / 180
        let scale = 1 / (1 + draw(zoom, &generator))
        let (down, right) = (draw(shift, &generator), draw(shift, &generator))
        let mirror: Float = draw(1, &generator) < 0 && mirrors ? -1 : 1
        let (cosine, sine) = (cosf(angle) * scale, sinf(angle) * scale)
        let (middleY, middleX) = (Float(height - 1) / 2, Float(width - 1) / 2)

        withUnsafeTemporaryAllocation(of: Float.self, capacity: height * width * channels) { source in
            guard let base = source.baseAddress else { return }
            base.update(from: image, count: source.count)
            for y in 0..<height {
                for x in 0..<width {
                    // The pixel at (y, x) comes from the place that the transformation takes to it.
                    let (fromY, fromX) = (Float(y) - middleY - down, (Float(x) - middleX - right) * mirror)
                    let sampleY = cosine * fromY - sine * fromX + middleY
                    let sampleX = sine * fromY + cosine * fromX + middleX
                    let target = image + (y * width + x) * channels
                    Self.sample(base, shape, sampleY, sampleX, into: target)
                }
            }
        }
        guard noise > 0 else { return }
        for index in 0..<height * width * channels { image[index] += noise * Float(generator.normal()) }
    }

    /// A value in `−limit ... limit`.
    private func draw(_ limit: Float, _ generator: inout some RandomNumberGenerator) -> Float {
        limit * (2 * Float(generator.uniform()) - 1)
    }

    /// The image between its pixels, by the four around the place.
    private static func sample(
        _ image: UnsafePointer<Float>,
        _ shape: [Int],
        _ y: Float,
        _ x: Float,
        into target: UnsafeMutablePointer<Float>
    ) {
        let (height, width, channels) = (shape[0], shape[1], shape[2])
        let (top, left) = (y.rounded(.down), x.rounded(.down))
        let (partY, partX) = (y - top, x - left)
        for channel in 0..<channels { target[channel] = 0 }
        for (offsetY, weightY) in [(0, 1 - partY), (1, partY)] {
            for (offsetX, weightX) in [(0, 1 - partX), (1, partX)] {
                let (row, column) = (Int(top) + offsetY, Int(left) + offsetX)
                guard 0..<height ~= row, 0..<width ~= column else { continue }
                let pixel = image + (row * width + column) * channels
                for channel in 0..<channels { target[channel] += weightY * weightX * pixel[channel] }
            }
        }
    }
}
