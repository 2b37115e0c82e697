import CLayerKernels

/// The largest value under each window; its gradient goes to the value that was chosen, the first where several tie.
final class MaxPooling: LinearOperation {
    let x: Variable
    let output: Variable
    private let window: ImageWindow
    /// For each output its source's index within the image, as the bits of `Int32`.
    private var positions = Arena.nothing
    private var keepsPositions: Bool

    init(_ x: Variable, window: ImageWindow, shape: [Int]? = nil, in graph: Graph) {
        self.x = x
        self.window = window
        keepsPositions = x.needsGradient
        output = graph.output(shape: shape ?? [window.outputHeight, window.outputWidth, window.channels], of: [x])
    }

    /// The places of the maxima, for those who go back to them.
    func scratchCount(rows: Int) -> Int { keepsPositions ? rows * output.size : 0 }
    func place(scratch: UnsafeMutablePointer<Float>) { positions = scratch }

    func keepForMaps() { keepsPositions = true }

    private func positions(of row: Int) -> UnsafeMutablePointer<Int32> {
        // A float and an Int32 have one size and alignment; this memory is only ever used as Int32.
        UnsafeMutableRawPointer(positions + row * output.size).assumingMemoryBound(to: Int32.self)
    }

    func forward(_ pass: Pass) {
        withUnsafePointer(to: window.forKernels) { geometry in
            pass.performElements(pass.rows, of: x.size) { rows in
                for row in rows {
                    let (image, maxima) = (x.value + row * x.size, output.value + row * output.size)
                    if keepsPositions {
                        layer_max_pool(image, maxima, positions(of: row), geometry)
                    } else {
                        layer_max_pool_values(image, maxima, geometry)
                    }
                }
            }
        }
    }

    func apply(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ pass: Pass) {
        for row in 0..<pass.rows {
            let (image, chosen) = (x + row * self.x.size, positions(of: row))
            let target = y + row * output.size
            for index in 0..<output.size { target[index] = image[Int(chosen[index])] }
        }
    }

    func applyTransposed(
        _ y: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    ) {
        let size = self.x.size
        pass.performElements(pass.rows, of: size) { rows in
            for row in rows {
                let image = x + row * size
                // Image by image, so that the zeros are still in the cache when they are added to.
                if !accumulate { image.update(repeating: 0, count: size) }
                layer_max_pool_backward(y + row * output.size, positions(of: row), image, output.size)
            }
        }
    }
}

/// The mean under each window.
final class AveragePooling: LinearOperation {
    let x: Variable
    let output: Variable
    private let window: ImageWindow

    init(_ x: Variable, window: ImageWindow, in graph: Graph) {
        self.x = x
        self.window = window
        output = graph.output(shape: [window.outputHeight, window.outputWidth, window.channels], of: [x])
    }

    func forward(_ pass: Pass) { apply(x.value, into: output.value, pass) }

    func apply(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ pass: Pass) {
        let size = self.x.size
        withUnsafePointer(to: window.forKernels) { geometry in
            pass.performElements(pass.rows, of: size) { rows in
                for row in rows { layer_average_pool(x + row * size, y + row * output.size, geometry) }
            }
        }
    }

    func applyTransposed(
        _ y: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    ) {
        let size = self.x.size
        withUnsafePointer(to: window.forKernels) { geometry in
            pass.performElements(pass.rows, of: size) { rows in
                for row in rows {
                    if !accumulate { (x + row * size).update(repeating: 0, count: size) }
                    layer_average_pool_backward(y + row * output.size, x + row * size, geometry)
                }
            }
        }
    }
}

/// The mean of each channel over the whole image.
final class GlobalAveragePooling: Operation {
    private let x: Variable
    let output: Variable
    private let channels: Int
    private let pixels: Int

    init(_ x: Variable, in graph: Graph) {
        self.x = x
        channels = x.shape[2]
        pixels = x.shape[0] * x.shape[1]
        output = graph.output(shape: [channels], of: [x])
    }

    var inputs: [Variable] { [x] }

    func forward(_ pass: Pass) {
        for row in 0..<pass.rows {
            let y = output.value + row * channels
            layer_column_sums(x.value + row * x.size, y, pixels, channels, 0)
            for channel in 0..<channels { y[channel] /= Float(pixels) }
        }
    }

    func backward(_ pass: Pass) {
        for row in 0..<pass.rows {
            for pixel in 0..<pixels {
                layer_scale(
                    output.gradient + row * channels,
                    x.gradient + row * x.size + pixel * channels,
                    channels,
                    1 / Float(pixels),
                    x.accumulateFlag
                )
            }
        }
    }
}

/// Repeats each pixel along height and width.
final class Upsampling: LinearOperation {
    let x: Variable
    let output: Variable
    private let factor: Int

    init(_ x: Variable, factor: Int, in graph: Graph) {
        self.x = x
        self.factor = factor
        output = graph.output(shape: [x.shape[0] * factor, x.shape[1] * factor, x.shape[2]], of: [x])
    }

    func forward(_ pass: Pass) { apply(x.value, into: output.value, pass) }

    func apply(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ pass: Pass) {
        let shape = self.x.shape
        for row in 0..<pass.rows {
            layer_upsample(x + row * self.x.size, y + row * output.size, shape[0], shape[1], shape[2], factor)
        }
    }

    func applyTransposed(
        _ y: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    ) {
        let shape = self.x.shape
        if !accumulate { x.update(repeating: 0, count: self.x.count(pass.rows)) }
        for row in 0..<pass.rows {
            layer_upsample_backward(y + row * output.size, x + row * self.x.size, shape[0], shape[1], shape[2], factor)
        }
    }
}
