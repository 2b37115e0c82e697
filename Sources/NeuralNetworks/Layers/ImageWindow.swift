import CLayerKernels

/// How a window walks over one image: the geometry that convolution and pooling share.
///
/// It is square, but over a sequence, which is an image of one row.
struct ImageWindow: Sendable, Hashable {
    let height: Int
    let width: Int
    let channels: Int
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    let padTop: Int
    let padLeft: Int
    let outputHeight: Int
    let outputWidth: Int
    /// The distance of two cells of the window, 1 where they touch.
    let dilation: Int

    /// - Parameter image: `[height, width, channels]`.
    /// - Throws: `.invalidLayer` when the shape is not an image or no window fits into it.
    init(
        image: [Int],
        kernel: Int,
        stride: Int,
        padding: Layer.Padding,
        dilation: Int = 1
    ) throws(NeuralNetworkError) {
        guard image.count == 3 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "a window of \(kernel) by \(kernel) needs an image [height, width, channels] and got \(image)",
                remedy: "Reshape to three axes first"
            )
        }
        try Layer.check(kernel, named: "kernel")
        try Layer.check(stride, named: "stride")
        try Layer.check(dilation, named: "dilation")
        height = image[0]
        width = image[1]
        channels = image[2]
        kernelHeight = kernel
        kernelWidth = kernel
        self.stride = stride
        self.dilation = dilation
        let reach = (kernel - 1) * dilation + 1
        (outputHeight, padTop) = try Self.places(along: 0, of: image, reach: reach, stride: stride, padding)
        (outputWidth, padLeft) = try Self.places(along: 1, of: image, reach: reach, stride: stride, padding)
    }

    /// A window of `kernel` times over a sequence.
    ///
    /// - Parameter sequence: `[time, channels]`.
    /// - Throws: `.invalidLayer` when the shape is not a sequence or no window fits into it.
    init(
        sequence: [Int],
        kernel: Int,
        stride: Int,
        padding: Layer.Padding,
        dilation: Int
    ) throws(NeuralNetworkError) {
        guard sequence.count == 2 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "a window of \(kernel) needs a sequence [time, channels] and got \(sequence)",
                remedy: "Reshape to two axes first"
            )
        }
        try Layer.check(kernel, named: "kernel")
        try Layer.check(stride, named: "stride")
        try Layer.check(dilation, named: "dilation")
        (height, width, channels) = (1, sequence[0], sequence[1])
        (kernelHeight, kernelWidth) = (1, kernel)
        self.stride = stride
        self.dilation = dilation
        (outputHeight, padTop) = (1, 0)
        let reach = (kernel - 1) * dilation + 1
        (outputWidth, padLeft) = try Self.places(along: 0, of: sequence, reach: reach, stride: stride, padding)
    }

    /// How many places a window has along one axis, and the zeros before it.
    private static func places(
        along axis: Int,
        of shape: [Int],
        reach: Int,
        stride: Int,
        _ padding: Layer.Padding
    ) throws(NeuralNetworkError) -> (count: Int, before: Int) {
        let side = shape[axis]
        if padding == .same {
            let count = (side + stride - 1) / stride
            return (count, max((count - 1) * stride + reach - side, 0) / 2)
        }
        let margin = try margin(padding)
        guard margin < reach else {
            throw NeuralNetworkError(
                .invalidLayer,
                "with \(margin) zeros around \(shape) some windows of \(reach) see nothing else",
                remedy: "Choose padding below \(reach)"
            )
        }
        guard reach <= side + 2 * margin else {
            throw NeuralNetworkError(
                .invalidLayer,
                "a window of \(reach) does not fit into \(shape) with \(margin) zeros around it",
                remedy: "Choose a smaller window or padding \"same\""
            )
        }
        return ((side + 2 * margin - reach) / stride + 1, margin)
    }

    /// Zeros on each side of an image.
    static func margin(_ padding: Layer.Padding) throws(NeuralNetworkError) -> Int {
        guard case .pixels(let margin) = padding else { return 0 }
        guard 0...Layer.largestSize ~= margin else {
            throw NeuralNetworkError(
                .invalidLayer,
                "padding is \(margin)",
                remedy: "Choose a whole number from 0 to \(Layer.largestSize)"
            )
        }
        return margin
    }

    /// Output pixels of one image.
    var positions: Int { outputHeight * outputWidth }
    /// Values under one window.
    var windowSize: Int { kernelHeight * kernelWidth * channels }
    /// Values of one image.
    var imageSize: Int { height * width * channels }

    /// The same geometry as the kernels take it.
    var forKernels: layer_window {
        layer_window(
            height: height,
            width: width,
            channels: channels,
            kernel_height: kernelHeight,
            kernel_width: kernelWidth,
            stride: stride,
            pad_top: padTop,
            pad_left: padLeft,
            out_height: outputHeight,
            out_width: outputWidth
        )
    }
}
