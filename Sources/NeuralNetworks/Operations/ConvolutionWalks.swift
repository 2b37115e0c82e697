/// Where the windows of a block of images lie: the tables of the three products of a convolution.
///
/// Windows that reach over an edge read zeros, so both sides of the convolution get a border where they need one: a
/// *bordered* image. With it every window of a product is a few whole rows of the image.
struct ConvolutionWalks {
    /// Images that are walked over at a time.
    let images: Int
    /// Floats of one bordered image, and of one bordered gradient.
    let image: Border
    let gradient: Border
    /// From windows of images to output pixels.
    let forward: Walk
    /// From windows of output gradients to pixels of the image, one walk for each remainder of a pixel's place by the
    /// stride: pixels of different remainders lie under different cells of the kernel.
    ///
    /// Empty where nobody walks there.
    let backward: [Phase]

    /// The pixels of an image whose places leave one remainder, and the cells of the kernel that reach them.
    struct Phase {
        let walk: Walk
        /// Indices `ky · kernel + kx` of the cells, in the order of the walk's rows.
        let cells: [Int]
    }

    /// Floats of images and gradients that one block is meant to take: a quarter of a second-level cache.
    private static let blockFloats = 1 << 16
    private static let mostImages = 64

    /// - Parameter givesImages: Whether the walks back to the images are wanted.
    init(_ window: ImageWindow, filters: Int, givesImages: Bool) {
        let stride = window.stride
        let image = Border(
            height: window.height,
            width: window.width,
            channels: window.channels,
            top: window.padTop,
            left: window.padLeft,
            bordersHeight: (window.outputHeight - 1) * stride + window.kernelHeight,
            bordersWidth: (window.outputWidth - 1) * stride + window.kernelWidth
        )
        // Output pixels before its own that a window may lie over.
        let above = (window.kernelHeight + stride - 1) / stride - 1
        let before = (window.kernelWidth + stride - 1) / stride - 1
        let gradient = Border(
            height: window.outputHeight,
            width: window.outputWidth,
            channels: filters,
            top: above,
            left: before,
            bordersHeight: above + (window.height - 1 + window.padTop) / stride + 1,
            bordersWidth: before + (window.width - 1 + window.padLeft) / stride + 1
        )
        let images = min(max(Self.blockFloats / max(image.count, gradient.count), 1), Self.mostImages)
        self.images = images
        self.image = image
        self.gradient = gradient
        forward = Self.forward(window, images: images, image: image, filters: filters)
        var phases: [Phase] = []
        for remainderY in 0..<(givesImages ? stride : 0) {
            for remainderX in 0..<stride {
                phases.append(Self.phase(remainderY, remainderX, window, images: images, gradient: gradient))
            }
        }
        backward = phases
    }

    private static func forward(_ window: ImageWindow, images: Int, image: Border, filters: Int) -> Walk {
        var from: [Int] = []
        for index in 0..<images {
            for y in 0..<window.outputHeight {
                for x in 0..<window.outputWidth {
                    from.append(index * image.count + image.offset(y * window.stride, x * window.stride))
                }
            }
        }
        return Walk(
            from: from,
            to: from.indices.map { $0 * filters },
            segments: (0..<window.kernelHeight).map { image.offset($0, 0) },
            length: window.kernelWidth * window.channels
        )
    }

    /// A pixel at `y` is met by cell `ky` of the window at output row `(y + pad − ky) / stride`, if that is whole.
    private static func phase(
        _ remainderY: Int,
        _ remainderX: Int,
        _ window: ImageWindow,
        images: Int,
        gradient: Border
    ) -> Phase {
        let stride = window.stride
        // Descending, so that the output rows that they belong to ascend.
        let cellsY = Array(Swift.stride(from: remainderY, to: window.kernelHeight, by: stride).reversed())
        let cellsX = Array(Swift.stride(from: remainderX, to: window.kernelWidth, by: stride).reversed())
        var from: [Int] = []
        var to: [Int] = []
        for index in 0..<images {
            for y in 0..<window.height where (y + window.padTop) % stride == remainderY {
                for x in 0..<window.width where (x + window.padLeft) % stride == remainderX {
                    let first = (
                        y: (y + window.padTop) / stride - max(cellsY.count - 1, 0) + gradient.top,
                        x: (x + window.padLeft) / stride - max(cellsX.count - 1, 0) + gradient.left
                    )
                    from.append(index * gradient.count + gradient.offset(first.y, first.x))
                    to.append(index * window.imageSize + (y * window.width + x) * window.channels)
                }
            }
        }
        let walk = Walk(
            from: from,
            to: to,
            segments: cellsY.indices.map { gradient.offset($0, 0) },
            length: cellsX.count * gradient.channels
        )
        return Phase(walk: walk, cells: cellsY.flatMap { y in cellsX.map { x in y * window.kernelWidth + x } })
    }
}

/// An image with zeros around it, as many as windows may reach over.
struct Border {
    let height: Int
    let width: Int
    let channels: Int
    let top: Int
    let left: Int
    let borderedHeight: Int
    let borderedWidth: Int

    /// - Parameters:
    ///   - bordersHeight: Rows that windows reach over, those above included.
    ///   - bordersWidth: Columns that windows reach over, those to the left included.
    init(height: Int, width: Int, channels: Int, top: Int, left: Int, bordersHeight: Int, bordersWidth: Int) {
        self.height = height
        self.width = width
        self.channels = channels
        self.top = top
        self.left = left
        borderedHeight = max(bordersHeight, top + height)
        borderedWidth = max(bordersWidth, left + width)
    }

    /// Floats of one image with its border.
    var count: Int { borderedHeight * borderedWidth * channels }
    /// Whether there is no border, so that images can be read where they are.
    var isEmpty: Bool { borderedHeight == height && borderedWidth == width }

    /// The offset of a pixel, counted in the bordered image.
    func offset(_ y: Int, _ x: Int) -> Int { (y * borderedWidth + x) * channels }
}
