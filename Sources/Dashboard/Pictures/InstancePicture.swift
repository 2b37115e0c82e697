/// One row of a tensor as a picture, and what an explanation says about it drawn over it.
struct InstancePicture: Sendable {
    let layout: ImageLayout
    /// The row's values, `layout.count` of them.
    let values: [Float]
    /// What is black and what is white; one range for all rows, so that they compare.
    let range: ClosedRange<Float>

    /// The usual range of the values: 0 to 1, or 0 to 16, 255, when all lie in it, else from the least to the greatest.
    static func range(of values: [Float]) -> ClosedRange<Float> {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return 0...1 }
        for usual: Float in [1, 16, 255] where low >= 0 && high <= usual { return 0...usual }
        return low < high ? low...high : low...low + 1
    }

    /// The row itself.
    var image: PNGImage {
        PNGImage(width: layout.width, height: layout.height, pixels: (0..<layout.width * layout.height).flatMap(colour))
    }

    /// The row, pale and grey, with red where a value speaks for the answer and blue where it speaks against it.
    ///
    /// - Parameter attributions: As many as there are values; the channels of a pixel are added up.
    func image(explainedBy attributions: [Float]) -> PNGImage {
        let pixels = 0..<layout.width * layout.height
        let strengths = pixels.map { pixel in
            (0..<layout.channels).reduce(Float(0)) { sum, channel in
                let value = attributions[layout.index(pixel: pixel, channel: channel)]
                return sum + (value.isFinite ? value : 0)
            }
        }
        let most = strengths.reduce(Float.leastNormalMagnitude) { max($0, $1.magnitude) }
        let bytes = pixels.flatMap { pixel -> [UInt8] in
            let colour = colour(pixel).map(Float.init)
            let grey = 150 + 0.38 * (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2])
            // The square root lets weaker pixels be seen beside the strongest.
            let weight = 0.92 * (strengths[pixel].magnitude / most).squareRoot()
            let ink: [Float] = strengths[pixel] > 0 ? [216, 66, 58] : [47, 111, 208]
            return ink.map { UInt8(min(255, max(0, grey * (1 - weight) + $0 * weight))) }
        }
        return PNGImage(width: layout.width, height: layout.height, pixels: bytes)
    }

    private func colour(_ pixel: Int) -> [UInt8] {
        (0..<3).map { channel in
            let value = values[layout.index(pixel: pixel, channel: layout.channels < 3 ? 0 : channel)]
            guard value.isFinite else { return 0 }
            let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
            return UInt8(min(255, max(0, share * 255)))
        }
    }
}
