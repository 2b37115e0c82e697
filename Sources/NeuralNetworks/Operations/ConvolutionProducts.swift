import CKernels
import CLayerKernels

/// The three products of a convolution: from images to outputs, back to images, and to the weight.
///
/// Windows are read where they lie, so nothing is copied but the border around an image; and the kernel's factors are
/// packed once for a pass. A transposed convolution is the same products with the sides exchanged.
final class ConvolutionProducts {
    private let window: ImageWindow
    private let filters: Int
    private let weight: Variable
    /// Made with the first batch: a network that never runs needs no tables.
    private var tables: ConvolutionWalks?
    private var scratch = Arena.nothing
    private var packedForward = PackedFactor()
    private var packedBackward = PackedFactor()

    /// - Parameter weight: `[kernel, kernel, channels of the images, filters]`.
    init(_ window: ImageWindow, filters: Int, weight: Variable) {
        self.window = window
        self.filters = filters
        self.weight = weight
    }

    // MARK: Memory

    private var walks: ConvolutionWalks {
        if let tables { return tables }
        let made = ConvolutionWalks(window, filters: filters)
        tables = made
        return made
    }

    /// Floats of one bordered block, for whichever side is larger.
    private var borderedCount: Int { Arena.footprint(walks.images * max(walks.image.count, walks.gradient.count)) }
    private var forwardCount: Int { Arena.footprint(vedette_packed_count(window.windowSize, filters)) }
    private var backwardCount: Int {
        let cells = walks.backward.reduce(0) { $0 + $1.cells.count }
        return Arena.footprint(vedette_packed_count(cells * filters, window.channels))
    }

    /// A block for each part and both packed factors.
    var scratchCount: Int { Pass.mostParts * borderedCount + forwardCount + backwardCount }

    func place(scratch: UnsafeMutablePointer<Float>) {
        self.scratch = scratch
        packedForward = PackedFactor(scratch + Pass.mostParts * borderedCount)
        packedBackward = PackedFactor(scratch + Pass.mostParts * borderedCount + forwardCount)
    }

    // MARK: Products

    /// Packs the weight for `toOutputs`; a weight that never changes is packed once.
    func packForward() {
        packedForward.fill(isConstant: !weight.needsGradient) { packed in
            vedette_pack(weight.value, window.windowSize, filters, filters, 1, packed, 0, window.windowSize)
        }
    }

    /// Packs the weight for `toImages`: for every phase the cells that it uses, each transposed.
    func packBackward() {
        packedBackward.fill(isConstant: !weight.needsGradient) { packed in
            var packed = packed
            for phase in walks.backward {
                for (index, cell) in phase.cells.enumerated() {
                    vedette_pack(
                        weight.value + cell * window.channels * filters,
                        filters,
                        window.channels,
                        1,
                        filters,
                        packed,
                        index * filters,
                        phase.walk.inner
                    )
                }
                packed += vedette_packed_count(phase.walk.inner, window.channels)
            }
        }
    }

    /// `outputs = images ∗ weight`, after `packForward`.
    func toOutputs(
        _ images: UnsafeMutablePointer<Float>,
        _ outputs: UnsafeMutablePointer<Float>,
        rows: Range<Int>,
        part: Int,
        _ epilogue: vedette_epilogue
    ) {
        withUnsafePointer(to: epilogue) { epilogue in
            forEachBlock(of: rows) { block in
                let source = bordered(images, walks.image, block, part)
                walks.forward.lend(rows: block.count * window.positions) { walk in
                    vedette_walk_product(
                        source,
                        packedForward.base,
                        filters,
                        outputs + block.lowerBound * window.positions * filters,
                        walk,
                        epilogue
                    )
                }
            }
        }
    }

    /// `images = outputs ∗ weightᵀ`, what a convolution does to gradients, after `packBackward`.
    func toImages(
        _ outputs: UnsafeMutablePointer<Float>,
        _ images: UnsafeMutablePointer<Float>,
        rows: Range<Int>,
        part: Int,
        _ epilogue: vedette_epilogue
    ) {
        withUnsafePointer(to: epilogue) { epilogue in
            forEachBlock(of: rows) { block in
                let source = bordered(outputs, walks.gradient, block, part)
                var packed = packedBackward.base
                for phase in walks.backward {
                    phase.walk.lend(rows: phase.walk.rows / walks.images * block.count) { walk in
                        vedette_walk_product(
                            source,
                            packed,
                            window.channels,
                            images + block.lowerBound * window.imageSize,
                            walk,
                            epilogue
                        )
                    }
                    packed += vedette_packed_count(phase.walk.inner, window.channels)
                }
            }
        }
    }

    /// `gradient (+)= Σ images · outputs`: for each cell of the kernel the sum over all windows.
    func toWeight(
        _ images: UnsafeMutablePointer<Float>,
        _ outputs: UnsafeMutablePointer<Float>,
        rows: Range<Int>,
        part: Int,
        into gradient: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        var accumulates = accumulate
        forEachBlock(of: rows) { block in
            let source = bordered(images, walks.image, block, part)
            walks.forward.lend(rows: block.count * window.positions) { walk in
                vedette_walk_transposed_product(
                    source,
                    outputs + block.lowerBound * window.positions * filters,
                    filters,
                    gradient,
                    walk,
                    accumulates ? 1 : 0
                )
            }
            accumulates = true
        }
    }

    private func forEachBlock(of rows: Range<Int>, _ body: (Range<Int>) -> Void) {
        let size = walks.images
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: size) {
            body(start..<min(start + size, rows.upperBound))
        }
    }

    /// A block of images with zeros around each, in the part's own memory; the images themselves where none are needed.
    private func bordered(
        _ images: UnsafeMutablePointer<Float>,
        _ border: Border,
        _ block: Range<Int>,
        _ part: Int
    ) -> UnsafeMutablePointer<Float> {
        let line = border.width * border.channels
        let first = images + block.lowerBound * border.height * line
        if border.isEmpty { return first }
        let target = scratch + part * borderedCount
        layer_border(
            first,
            target,
            block.count,
            border.height,
            line,
            border.top,
            border.left * border.channels,
            border.borderedHeight,
            border.borderedWidth * border.channels
        )
        return target
    }
}

/// The right factor of a product in the order in which the kernels read it.
struct PackedFactor {
    let base: UnsafeMutablePointer<Float>
    private var isFilled = false

    init(_ base: UnsafeMutablePointer<Float> = Arena.nothing) { self.base = base }

    /// Packs anew, or only the first time when the factor never changes.
    mutating func fill(isConstant: Bool, _ pack: (UnsafeMutablePointer<Float>) -> Void) {
        if isConstant, isFilled { return }
        pack(base)
        isFilled = true
    }
}
