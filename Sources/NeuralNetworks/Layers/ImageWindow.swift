import CLayerKernels

/// How a square window walks over one image: the geometry that convolution and pooling share.
struct ImageWindow: Sendable, Hashable {
    let height: Int
    let width: Int
    let channels: Int
    let kernel: Int
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
        let reach = (kernel - 1) * dilation + 1
        height = image[0]
        width = image[1]
        channels = image[2]
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        switch padding {
        case .valid, .pixels:
            let margin = try Self.margin(padding)
            guard margin < reach else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "with \(margin) zeros around the image some windows of \(reach) by \(reach) see nothing else",
                    remedy: "Choose padding below \(reach)"
                )
            }
            guard reach <= image[0] + 2 * margin, reach <= image[1] + 2 * margin else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "a window of \(reach) by \(reach) does not fit into the image \(image) with \(margin) around it",
                    remedy: "Choose a smaller window or padding \"same\""
                )
            }
            outputHeight = (image[0] + 2 * margin - reach) / stride + 1
            outputWidth = (image[1] + 2 * margin - reach) / stride + 1
            padTop = margin
            padLeft = margin
        case .same:
            outputHeight = (image[0] + stride - 1) / stride
            outputWidth = (image[1] + stride - 1) / stride
            padTop = max((outputHeight - 1) * stride + reach - image[0], 0) / 2
            padLeft = max((outputWidth - 1) * stride + reach - image[1], 0) / 2
        }
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
    var windowSize: Int { kernel * kernel * channels }
    /// Values of one image.
    var imageSize: Int { height * width * channels }
    /// Whether the windows are the pixels themselves, so that no copy is needed.
    var isPointwise: Bool { kernel == 1 && stride == 1 }

    /// The same geometry as the kernels take it.
    var forKernels: layer_window {
        layer_window(
            height: height,
            width: width,
            channels: channels,
            kernel: kernel,
            stride: stride,
            pad_top: padTop,
            pad_left: padLeft,
            out_height: outputHeight,
            out_width: outputWidth
        )
    }
}
