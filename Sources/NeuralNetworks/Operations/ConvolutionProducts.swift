import CKernels
import CLayerKernels

/// The three products of a convolution: from images to outputs, back to images, and to the weight.
///
/// Windows are read where they lie, so nothing is copied but the border around an image; and the kernel's factors are
/// packed once for a pass. A weight that never changes is read where it lies too, or where that is not possible packed
/// once for all passes. A transposed convolution is the same products with the sides exchanged.
final class ConvolutionProducts {
    private let window: ImageWindow
    private let filters: Int
    private let weight: Variable
    /// Which of the two products to the other side are asked for.
    private let givesOutputs: Bool
    private let givesImages: Bool
    /// Made with the first batch: a network that never runs needs no tables.
    private var tables: ConvolutionWalks?
    private var scratch = Arena.nothing
    /// Keeps the packed factors of a weight that never changes.
    private let constants = Arena()
    private var packedForward = PackedFactor()
    private var packedBackward = PackedFactor()

    /// - Parameters:
    ///   - weight: `[kernel, kernel, channels of the images, filters]`.
    ///   - givesOutputs: Whether `toOutputs` will be called.
    ///   - givesImages: Whether `toImages` will be called.
    init(_ window: ImageWindow, filters: Int, weight: Variable, givesOutputs: Bool, givesImages: Bool) {
        self.window = window
        self.filters = filters
        self.weight = weight
        self.givesOutputs = givesOutputs
        self.givesImages = givesImages
    }

    private var isConstant: Bool { !weight.needsGradient }
    /// Whether `toOutputs` reads the weight where it lies: whole panels, which nobody has to fill up.
    private var readsInPlace: Bool { isConstant && filters.isMultiple(of: Int(VEDETTE_PANEL)) }

    // MARK: Memory

    private var walks: ConvolutionWalks {
        if let tables { return tables }
        let made = ConvolutionWalks(window, filters: filters, givesImages: givesImages)
        tables = made
        return made
    }

    /// Floats of one bordered block, for whichever side is larger; 0 where no side has a border.
    private var borderedCount: Int {
        let image = walks.image.isEmpty ? 0 : walks.image.count
        let gradient = walks.gradient.isEmpty || !givesImages ? 0 : walks.gradient.count
        return Arena.footprint(walks.images * max(image, gradient))
    }
    private var forwardCount: Int {
        givesOutputs && !readsInPlace ? Arena.footprint(vedette_packed_count(window.windowSize, filters)) : 0
    }
    private var backwardCount: Int {
        let cells = walks.backward.reduce(0) { $0 + $1.cells.count }
        return Arena.footprint(vedette_packed_count(cells * filters, window.channels))
    }

    /// A block for each part, and both packed factors where the weight changes.
    var scratchCount: Int { Pass.mostParts * borderedCount + (isConstant ? 0 : forwardCount + backwardCount) }

    func place(scratch: UnsafeMutablePointer<Float>) {
        self.scratch = scratch
        if isConstant { return }
        packedForward = PackedFactor(scratch + Pass.mostParts * borderedCount)
        packedBackward = PackedFactor(scratch + Pass.mostParts * borderedCount + forwardCount)
    }

    /// Memory for the packed factors of a weight that never changes: working memory may be lent to others between runs.
    private func placeConstants() {
        guard isConstant, constants.isEmpty else { return }
        constants.reserve(forwardCount + backwardCount)
        packedForward = PackedFactor(constants.take(forwardCount))
        packedBackward = PackedFactor(constants.take(backwardCount))
    }

    // MARK: Products

    /// Packs the weight for `toOutputs`; a weight that never changes is packed once, or not at all.
    func packForward() {
        if readsInPlace { return }
        placeConstants()
        packedForward.fill(isConstant: !weight.needsGradient) { packed in
            vedette_pack(weight.value, window.windowSize, filters, filters, 1, packed, 0, window.windowSize)
        }
    }

    /// Packs the weight for `toImages`: for every phase the cells that it uses, each transposed.
    func packBackward() {
        placeConstants()
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
    ///
    /// - Parameter scale: What each filter's sum is multiplied by before the epilogue; `nil` for 1.
    /// - Precondition: A scale is given only where the weight never changes and its filters are whole panels.
    func toOutputs(
        _ images: UnsafeMutablePointer<Float>,
        _ outputs: UnsafeMutablePointer<Float>,
        rows: Range<Int>,
        part: Int,
        scale: UnsafePointer<Float>? = nil,
        _ epilogue: vedette_epilogue
    ) {
        withUnsafePointer(to: epilogue) { epilogue in
            forEachBlock(of: rows) { block in
                let source = bordered(images, walks.image, block, part)
                let target = outputs + block.lowerBound * window.positions * filters
                walks.forward.lend(rows: block.count * window.positions) { walk in
                    if readsInPlace {
                        vedette_walk_product_in_place(source, weight.value, scale, filters, target, walk, epilogue)
                    } else {
                        vedette_walk_product(source, packedForward.base, filters, target, walk, epilogue)
                    }
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
