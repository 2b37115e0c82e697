import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Small random changes to images that leave their meaning alone: turned, enlarged, shifted, mirrored, cut, with noise.
///
/// Whole-pixel changes (crop, mirror, cutout) copy pixels as they are; the others interpolate between them.
public struct ImageAugmentation: Sendable, Hashable {
    /// The widths of a border: the image with the border around it is cut to its size at a random place, which shifts
    /// it by whole pixels.
    public var crop: Int
    /// The largest shift along each axis, in pixels and parts of them.
    public var shift: Float
    /// The largest rotation either way, in degrees.
    public var rotation: Float
    /// The largest relative enlargement or reduction, below 1.
    public var zoom: Float
    /// The standard deviation of noise added to every value, in the images' unit.
    public var noise: Float
    /// Whether half of the images are mirrored left to right.
    public var mirrors: Bool
    /// The side of a square that is wiped out at a random place, in pixels; 0 for none.
    ///
    /// Source: T. DeVries and G. Taylor (2017), arXiv:1708.04552.
    public var cutout: Int
    /// The value of what comes from outside the image and of what is wiped out.
    public var fill: Float

    /// Makes an augmentation; all changes are off unless they are given.
    public init(
        crop: Int = 0,
        shift: Float = 0,
        rotation: Float = 0,
        zoom: Float = 0,
        noise: Float = 0,
        mirrors: Bool = false,
        cutout: Int = 0,
        fill: Float = 0
    ) {
        self.crop = crop
        self.shift = shift
        self.rotation = rotation
        self.zoom = zoom
        self.noise = noise
        self.mirrors = mirrors
        self.cutout = cutout
        self.fill = fill
    }

    func check(_ shape: [Int]) throws(NeuralNetworkError) {
        guard shape.count == 3 else {
            throw NeuralNetworkError(
                .invalidTraining,
                "augmentation needs images [height, width, channels] and the rows are \(shape)",
                remedy: "Train without augmentation, or give the network an image as input"
            )
        }
        guard [shift, rotation, noise].allSatisfy({ $0 >= 0 && $0.isFinite }), 0..<1 ~= zoom, crop >= 0, cutout >= 0,
            fill.isFinite
        else {
            throw NeuralNetworkError(
                .invalidTraining,
                "augmentation by crop \(crop), shift \(shift), rotation \(rotation), zoom \(zoom), noise \(noise), "
                    + "cutout \(cutout), fill \(fill)",
                remedy: "Choose values from 0 up, and a zoom below 1"
            )
        }
    }

    /// Writes a changed image.
    ///
    /// - Parameters:
    ///   - source: `[height, width, channels]`.
    ///   - target: Room for as many values, elsewhere.
    ///   - generator: The image's own stream.
    func apply(
        _ source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>,
        shape: [Int],
        using generator: inout SeededGenerator
    ) {
        let image = Image(height: shape[0], width: shape[1], channels: shape[2])
        let mirror = mirrors && generator.uniform() < 0.5
        let down = crop == 0 ? 0 : generator.index(below: 2 * crop + 1) - crop
        let right = crop == 0 ? 0 : generator.index(below: 2 * crop + 1) - crop
        if shift == 0, rotation == 0, zoom == 0 {
            image.move(source, into: target, down: down, right: right, mirror: mirror, fill: fill)
        } else {
            let angle = draw(rotation, &generator) * Float.pi / 180
            let scale = 1 / (1 + draw(zoom, &generator))
            let place = AffinePlace(
                cosine: cosf(angle) * scale,
                sine: sinf(angle) * scale,
                down: Float(down) + draw(shift, &generator),
                right: Float(right) + draw(shift, &generator),
                mirror: mirror ? -1 : 1
            )
            image.transform(source, into: target, by: place, fill: fill)
        }
        if cutout > 0 {
            let (y, x) = (generator.index(below: image.height), generator.index(below: image.width))
            image.wipe(target, aroundY: y, x: x, side: cutout, fill: fill)
        }
        guard noise > 0 else { return }
        for index in 0..<image.count { target[index] += noise * Float(generator.normal()) }
    }

    /// A value in `−limit ... limit`.
    private func draw(_ limit: Float, _ generator: inout SeededGenerator) -> Float {
        limit * (2 * Float(generator.uniform()) - 1)
    }
}

/// Where a pixel of the changed image comes from: turned and scaled about the middle, then shifted, then mirrored.
private struct AffinePlace {
    let cosine: Float
    let sine: Float
    let down: Float
    let right: Float
    /// −1 or 1.
    let mirror: Float
}

/// The sizes of an image, channels last, and what can be done to its pixels.
private struct Image {
    let height: Int
    let width: Int
    let channels: Int

    var count: Int { height * width * channels }

    /// Shifts by whole pixels and mirrors.
    func move(
        _ source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>,
        down: Int,
        right: Int,
        mirror: Bool,
        fill: Float
    ) {
        for y in 0..<height {
            let row = target + y * width * channels
            let fromY = y - down
            guard 0..<height ~= fromY else {
                row.update(repeating: fill, count: width * channels)
                continue
            }
            let from = source + fromY * width * channels
            for x in 0..<width {
                let shifted = x - right
                let fromX = mirror ? width - 1 - shifted : shifted
                let pixel = row + x * channels
                if 0..<width ~= fromX {
                    for channel in 0..<channels { pixel[channel] = from[fromX * channels + channel] }
                } else {
                    for channel in 0..<channels { pixel[channel] = fill }
                }
            }
        }
    }

    /// Takes each pixel from the place that the transformation names, between pixels by the four around it.
    func transform(
        _ source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>,
        by place: AffinePlace,
        fill: Float
    ) {
        let (middleY, middleX) = (Float(height - 1) / 2, Float(width - 1) / 2)
        for y in 0..<height {
            for x in 0..<width {
                let fromY = Float(y) - middleY - place.down
                let fromX = (Float(x) - middleX - place.right) * place.mirror
                let sampleY = place.cosine * fromY - place.sine * fromX + middleY
                let sampleX = place.sine * fromY + place.cosine * fromX + middleX
                let (top, left) = (sampleY.rounded(.down), sampleX.rounded(.down))
                let (partY, partX) = (sampleY - top, sampleX - left)
                let pixel = target + (y * width + x) * channels
                for channel in 0..<channels { pixel[channel] = 0 }
                let (row, column) = (Int(top), Int(left))
                add((1 - partY) * (1 - partX), of: source, row, column, to: pixel, fill)
                add((1 - partY) * partX, of: source, row, column + 1, to: pixel, fill)
                add(partY * (1 - partX), of: source, row + 1, column, to: pixel, fill)
                add(partY * partX, of: source, row + 1, column + 1, to: pixel, fill)
            }
        }
    }

    @inline(__always)
    private func add(
        _ weight: Float,
        of source: UnsafePointer<Float>,
        _ row: Int,
        _ column: Int,
        to pixel: UnsafeMutablePointer<Float>,
        _ fill: Float
    ) {
        if 0..<height ~= row, 0..<width ~= column {
            let from = source + (row * width + column) * channels
            for channel in 0..<channels { pixel[channel] += weight * from[channel] }
        } else {
            for channel in 0..<channels { pixel[channel] += weight * fill }
        }
    }

    /// Wipes out the part of a square that lies inside the image.
    func wipe(_ image: UnsafeMutablePointer<Float>, aroundY y: Int, x: Int, side: Int, fill: Float) {
        let top = max(y - side / 2, 0), bottom = min(y - side / 2 + side, height)
        let left = max(x - side / 2, 0), right = min(x - side / 2 + side, width)
        guard left < right else { return }
        for row in top..<max(bottom, top) {
            (image + (row * width + left) * channels).update(repeating: fill, count: (right - left) * channels)
        }
    }
}
