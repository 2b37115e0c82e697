import CLayerKernels

/// The im2col side of a convolution: images in blocks whose columns fit into the second-level cache.
final class ColumnBlocks {
    /// 256 Ki floats, 1 MiB: about half of the second-level cache of a server core.
    private static let blockFloats = 1 << 18

    private let window: ImageWindow
    private let geometry: layer_window
    private let imagesPerBlock: Int
    private let floatsPerPart: Int
    private var scratch = Arena.nothing

    init(_ window: ImageWindow) {
        self.window = window
        geometry = window.forKernels
        let columnsPerImage = window.positions * window.windowSize
        imagesPerBlock = max(Self.blockFloats / columnsPerImage, 1)
        floatsPerPart = window.isPointwise ? 0 : Arena.footprint(imagesPerBlock * columnsPerImage)
    }

    var scratchCount: Int { floatsPerPart * Pass.mostParts }
    func place(scratch: UnsafeMutablePointer<Float>) { self.scratch = scratch }

    /// The columns' memory of one part of the batch.
    func buffer(_ part: Int) -> UnsafeMutablePointer<Float> { scratch + part * floatsPerPart }

    func forEachBlock(of rows: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(start + imagesPerBlock, rows.upperBound)
            body(start..<end)
            start = end
        }
    }

    /// The columns of a block of images, `[images · positions, windowSize]`; the images themselves where a window is
    /// one pixel.
    func gather(_ images: UnsafeMutablePointer<Float>, _ block: Range<Int>, _ part: Int) -> Product.Matrix {
        let rows = block.count * window.positions
        if window.isPointwise { return (images + block.lowerBound * window.imageSize, rows, window.windowSize) }
        let columns = buffer(part)
        withUnsafePointer(to: geometry) { geometry in
            for (index, image) in block.enumerated() {
                layer_im2col(
                    images + image * window.imageSize,
                    columns + index * window.positions * window.windowSize,
                    geometry
                )
            }
        }
        return (columns, rows, window.windowSize)
    }

    /// Adds the columns of a block back onto its images, or overwrites the images with the sums.
    func scatter(
        _ columns: UnsafeMutablePointer<Float>,
        to images: UnsafeMutablePointer<Float>,
        _ block: Range<Int>,
        accumulate: Bool
    ) {
        let first = images + block.lowerBound * window.imageSize
        if !accumulate { first.update(repeating: 0, count: block.count * window.imageSize) }
        withUnsafePointer(to: geometry) { geometry in
            for index in 0..<block.count {
                layer_col2im(
                    columns + index * window.positions * window.windowSize,
                    first + index * window.imageSize,
                    geometry
                )
            }
        }
    }
}
