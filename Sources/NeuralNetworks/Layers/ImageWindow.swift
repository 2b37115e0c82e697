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

    /// - Parameter image: `[height, width, channels]`.
    /// - Throws: `.invalidLayer` when the shape is not an image or no window fits into it.
    init(image: [Int], kernel: Int, stride: Int, padding: Layer.Padding) throws(NeuralNetworkError) {
        guard image.count == 3 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "a window of \(kernel) by \(kernel) needs an image [height, width, channels] and got \(image)",
                remedy: "Reshape to three axes first"
            )
        }
        try Layer.check(kernel, named: "kernel")
        try Layer.check(stride, named: "stride")
        height = image[0]
        width = image[1]
        channels = image[2]
        self.kernel = kernel
        self.stride = stride
        switch padding {
        case .valid:
            guard kernel <= image[0], kernel <= image[1] else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "a window of \(kernel) by \(kernel) does not fit into the image \(image)",
                    remedy: "Choose a smaller window or padding \"same\""
                )
            }
            outputHeight = (image[0] - kernel) / stride + 1
            outputWidth = (image[1] - kernel) / stride + 1
            padTop = 0
            padLeft = 0
        case .same:
            outputHeight = (image[0] + stride - 1) / stride
            outputWidth = (image[1] + stride - 1) / stride
            padTop = max((outputHeight - 1) * stride + kernel - image[0], 0) / 2
            padLeft = max((outputWidth - 1) * stride + kernel - image[1], 0) / 2
        }
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
