extension Layer {
    /// No axis, window or number of units is larger; a hostile description ends here and not in an allocation.
    static let largestSize = 1 << 20
    /// No row of any layer holds more values (1 GiB of floats).
    static let largestRow = 1 << 28

    /// The shape of one row after the layer.
    ///
    /// - Parameter shape: The shape of one row before it.
    /// - Throws: `.invalidLayer` when the layer cannot follow that shape, or a size of it is out of range.
    func outputShape(for shape: [Int]) throws(NeuralNetworkError) -> [Int] {
        let output: [Int]
        switch self {
        case .rescale(let scale, let offset):
            for values in [scale, offset] where values.count != 1 && values.count != shape.last {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "rescale has \(values.count) values for a last axis of \(shape.last ?? 0)",
                    remedy: "Give one value, or one for each element of the last axis"
                )
            }
            try Self.checkFinite(scale + offset, named: "scale and offset")
            output = shape
        case .dense(let units, _):
            try Self.check(units, named: "units")
            output = shape.dropLast() + [units]
        case .convolution(let filters, let kernel, let stride, let padding, let dilation, let groups, _):
            try Self.check(filters, named: "filters")
            let window = try ImageWindow(
                image: shape,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation
            )
            try Self.check(groups, divides: shape[2], "channels of \(shape)")
            try Self.check(groups, divides: filters, "filters")
            output = [window.outputHeight, window.outputWidth, filters]
        case .sequenceConvolution(let filters, let kernel, let stride, let padding, let dilation, let groups, _):
            try Self.check(filters, named: "filters")
            let window = try ImageWindow(
                sequence: shape,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation
            )
            try Self.check(groups, divides: shape[1], "channels of \(shape)")
            try Self.check(groups, divides: filters, "filters")
            output = [window.outputWidth, filters]
        case .transposedConvolution(
            let filters,
            let kernel,
            let stride,
            let padding,
            let dilation,
            let groups,
            let outputPadding,
            _
        ):
            output = try Self.transposedWindow(
                image: shape,
                filters: filters,
                kernel: kernel,
                stride: stride,
                padding: padding,
                dilation: dilation,
                outputPadding: outputPadding
            ).image
            try Self.check(groups, divides: shape[2], "channels of \(shape)")
            try Self.check(groups, divides: filters, "filters")
        case .maxPooling(let size, let stride), .averagePooling(let size, let stride):
            let window = try ImageWindow(image: shape, kernel: size, stride: stride, padding: .valid)
            output = [window.outputHeight, window.outputWidth, window.channels]
        case .globalAveragePooling, .globalMaxPooling:
            output = [try Self.channels(of: shape, for: kind)]
        case .upsampling(let factor):
            try Self.check(factor, named: "factor")
            let channels = try Self.channels(of: shape, for: kind)
            output = [shape[0] * factor, shape[1] * factor, channels]
        case .batchNormalisation(let momentum, let epsilon):
            try Self.check(momentum, named: "momentum", in: 0...1)
            try Self.check(epsilon, named: "epsilon", in: .leastNormalMagnitude...1)
            output = shape
        case .layerNormalisation(let epsilon):
            try Self.check(epsilon, named: "epsilon", in: .leastNormalMagnitude...1)
            output = shape
        case .groupNormalisation(let groups, let epsilon):
            try Self.check(epsilon, named: "epsilon", in: .leastNormalMagnitude...1)
            try Self.check(groups, divides: shape.last ?? 1, "channels of \(shape)")
            output = shape
        case .embedding(let entries, let size):
            // Every whole number up to this has a float of its own.
            try Self.check(entries, named: "entries")
            try Self.check(size, named: "size")
            output = shape + [size]
        case .selfAttention(let heads, _):
            let time = try Self.sequence(shape, for: kind)
            try Self.check(heads, divides: shape[1], "features of \(shape)")
            _ = try Self.rowSize([heads, time, time])
            output = shape
        case .normalSampling:
            guard let size = shape.last, size.isMultiple(of: 2) else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "normal-sampling takes means and log variances side by side and got \(shape)",
                    remedy: "Give it a last axis of twice as many values as it should draw"
                )
            }
            output = shape.dropLast() + [size / 2]
        case .dropout(let rate):
            try Self.check(rate, named: "rate", in: 0...0.99)
            output = shape
        case .flatten:
            output = [shape.reduce(1, *)]
        case .reshape(let wanted):
            for size in wanted { try Self.check(size, named: "shape") }
            guard try Self.rowSize(wanted) == shape.reduce(1, *) else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "reshape from \(shape) to \(wanted) changes the number of values",
                    remedy: "Choose a shape of \(shape.reduce(1, *)) values"
                )
            }
            output = wanted
        case .activation(let activation):
            switch activation {
            case .leakyReLU(let slope): try Self.check(slope, named: "slope", in: 0...1)
            case .elu(let alpha): try Self.check(alpha, named: "alpha", in: .leastNormalMagnitude...100)
            default: break
            }
            output = shape
        case .lstm(let units, let returns, let bidirectional), .gru(let units, let returns, let bidirectional):
            try Self.check(units, named: "units")
            let time = try Self.sequence(shape, for: kind)
            _ = try Self.rowSize([time, 4 * units])
            let states = bidirectional ? 2 * units : units
            output = returns == .sequence ? [time, states] : [states]
        case .residual(let layers):
            var inner = shape
            for layer in layers { inner = try layer.outputShape(for: inner) }
            output = inner
        }
        _ = try Self.rowSize(output)
        return output
    }

    /// The image that a transposed convolution makes, and the window of the convolution that it is the transpose of.
    static func transposedWindow(
        image: [Int],
        filters: Int,
        kernel: Int,
        stride: Int,
        padding: Padding,
        dilation: Int,
        outputPadding: Int
    ) throws(NeuralNetworkError) -> (image: [Int], window: ImageWindow) {
        try check(filters, named: "filters")
        try check(kernel, named: "kernel")
        try check(stride, named: "stride")
        try check(dilation, named: "dilation")
        _ = try channels(of: image, for: "transposed-convolution")
        guard 0..<(padding == .same ? 1 : stride) ~= outputPadding else {
            throw NeuralNetworkError(
                .invalidLayer,
                "the output padding is \(outputPadding) with a stride of \(stride) and padding \(padding)",
                remedy: "Choose from 0 to below the stride, and 0 with padding \"same\", which settles the size"
            )
        }
        let reach = (kernel - 1) * dilation + 1
        let cut = 2 * (try ImageWindow.margin(padding))
        let sides = image.prefix(2).map { side in
            padding == .same ? side * stride : (side - 1) * stride + reach - cut + outputPadding
        }
        let output = [sides[0], sides[1], filters]
        _ = try rowSize(output)
        return (
            output, try ImageWindow(image: output, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        )
    }

    /// The number of values of one row or one weight, bounded.
    static func rowSize(_ shape: [Int]) throws(NeuralNetworkError) -> Int {
        var size = 1
        for side in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: side)
            guard side > 0, !overflow, product <= largestRow else {
                throw NeuralNetworkError(
                    .invalidLayer,
                    "the shape \(shape) is empty or holds more than \(largestRow) values",
                    remedy: "Check the sizes of the layers"
                )
            }
            size = product
        }
        return size
    }

    static func check(_ size: Int, named name: String) throws(NeuralNetworkError) {
        guard 1...largestSize ~= size else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(name) is \(size)",
                remedy: "Choose a whole number from 1 to \(largestSize)"
            )
        }
    }

    private static func check(_ groups: Int, divides size: Int, _ what: String) throws(NeuralNetworkError) {
        try check(groups, named: "the number of groups or heads")
        guard size.isMultiple(of: groups) else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(groups) groups or heads do not divide the \(size) \(what)",
                remedy: "Choose a divisor of \(size)"
            )
        }
    }

    private static func check(
        _ value: Float,
        named name: String,
        in range: ClosedRange<Float>
    ) throws(NeuralNetworkError) {
        guard range.contains(value) else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(name) is \(value)",
                remedy: "Choose a value from \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }

    private static func checkFinite(_ values: [Float], named name: String) throws(NeuralNetworkError) {
        guard values.allSatisfy(\.isFinite) else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(name) hold a value that is not finite: \(values)",
                remedy: "Use finite numbers"
            )
        }
    }

    /// The length of a sequence.
    private static func sequence(_ shape: [Int], for kind: String) throws(NeuralNetworkError) -> Int {
        guard shape.count == 2 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(kind) needs a sequence [time, features] and got \(shape)",
                remedy: "Reshape to two axes first"
            )
        }
        return shape[0]
    }

    private static func channels(of shape: [Int], for kind: String) throws(NeuralNetworkError) -> Int {
        guard shape.count == 3 else {
            throw NeuralNetworkError(
                .invalidLayer,
                "\(kind) needs an image [height, width, channels] and got \(shape)",
                remedy: "Reshape to three axes first"
            )
        }
        return shape[2]
    }
}
