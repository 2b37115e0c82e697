import CLayerKernels

/// The three products of a convolution whose channels fall into groups or whose window is dilated.
///
/// "Image" is the side over which the window walks, "pixels" the side with one value per window and filter. A group's
/// columns are gathered from its slice of the channels, and its weights are a slice of the weight, so that nothing is
/// reordered. Where every channel is a group with one filter, direct loops over the channels replace the products.
struct GroupedProducts {
    private let window: ImageWindow
    private let groups: Int
    private let filters: Int

    /// - Parameter filters: Of all groups together.
    init(_ window: ImageWindow, groups: Int, filters: Int) {
        self.window = window
        self.groups = groups
        self.filters = filters
    }

    private var isDepthwise: Bool { groups == window.channels && groups == filters }
    private var groupChannels: Int { window.channels / groups }
    private var groupFilters: Int { filters / groups }
    /// Values under one window of one group.
    private var columnSize: Int { window.kernelHeight * window.kernelWidth * groupChannels }

    /// Floats for the columns of one group of one image.
    var scratchCount: Int { isDepthwise ? 0 : Arena.footprint(window.positions * columnSize) }

    /// Values of one image on the side of the pixels.
    private var pixelSize: Int { window.positions * filters }

    // MARK: Products

    /// `pixels += image ∗ weight` for each image of a range.
    func correlate(_ images: Memory, _ weight: Memory, into pixels: Memory, _ rows: Range<Int>, _ columns: Memory) {
        for row in rows {
            let image = images + row * window.imageSize
            let target = pixels + row * pixelSize
            guard !isDepthwise else {
                withGeometry { layer_depthwise(image, weight, target, $0, window.dilation) }
                continue
            }
            for group in 0..<groups {
                let gathered = gather(image, group, columns)
                self.pixels(target, group).set(gathered, times: weights(weight, group), accumulate: true)
            }
        }
    }

    /// `image += pixels ∗ weightᵀ` for each image of a range.
    func spread(_ pixels: Memory, _ weight: Memory, into images: Memory, _ rows: Range<Int>, _ columns: Memory) {
        for row in rows {
            let image = images + row * window.imageSize
            let source = pixels + row * pixelSize
            guard !isDepthwise else {
                withGeometry { layer_depthwise_transposed(source, weight, image, $0, window.dilation) }
                continue
            }
            for group in 0..<groups {
                let factor = weights(weight, group).transposed
                matrix(columns).set(self.pixels(source, group), times: factor, accumulate: false)
                withGeometry {
                    layer_col2im_slice(columns, image, $0, window.dilation, group * groupChannels, groupChannels)
                }
            }
        }
    }

    /// `gradient += imageᵀ ∗ pixels`, summed over a range of images.
    func addWeightGradient(
        _ images: Memory,
        _ pixels: Memory,
        into gradient: Memory,
        _ rows: Range<Int>,
        _ columns: Memory
    ) {
        for row in rows {
            let image = images + row * window.imageSize
            let source = pixels + row * pixelSize
            guard !isDepthwise else {
                withGeometry { layer_depthwise_weight(image, source, gradient, $0, window.dilation) }
                continue
            }
            for group in 0..<groups {
                let gathered = gather(image, group, columns).transposed
                weights(gradient, group).set(gathered, times: self.pixels(source, group), accumulate: true)
            }
        }
    }

    // MARK: Slices of a group

    typealias Memory = UnsafeMutablePointer<Float>

    private func gather(_ image: Memory, _ group: Int, _ columns: Memory) -> StridedMatrix {
        withGeometry {
            layer_im2col_slice(image, columns, $0, window.dilation, group * groupChannels, groupChannels)
        }
        return matrix(columns)
    }

    private func matrix(_ columns: Memory) -> StridedMatrix {
        StridedMatrix(columns, rows: window.positions, columns: columnSize, stride: columnSize)
    }

    /// A group's filters of a weight `[kernel, kernel, channels of a group, filters]`.
    private func weights(_ weight: Memory, _ group: Int) -> StridedMatrix {
        StridedMatrix(weight + group * groupFilters, rows: columnSize, columns: groupFilters, stride: filters)
    }

    private func pixels(_ pixels: Memory, _ group: Int) -> StridedMatrix {
        StridedMatrix(pixels + group * groupFilters, rows: window.positions, columns: groupFilters, stride: filters)
    }

    private func withGeometry(_ body: (UnsafePointer<layer_window>) -> Void) {
        withUnsafePointer(to: window.forKernels, body)
    }
}
