import CKernels
import CLayerKernels
import JSON

/// The inner loops that are written by hand, each by itself on one core, as JSON lines.
///
/// Products are measured at every level of x86-64 that the CPU has; the others at the level that the loader chose. Their
/// data fits into the second-level cache, so the figures are those of the loops and not of the memory.
enum KernelCases {
    static func run() {
        // Windows of 3 by 3 over images with a border, as a convolution walks over them.
        for (side, channels, filters, images) in [(16, 32, 64, 8), (8, 64, 128, 16), (32, 3, 32, 2)] {
            for level in 0...vedette_walk_level() {
                Walk(side: side, channels: channels, filters: filters, images: images).measure(level)
            }
        }
        kernels()
        elementwise()
        layers()
    }

    /// Prints the rate of the fastest of some hundred calls.
    ///
    /// - Parameter work: What one call does, in `unit`.
    fileprivate static func measure(_ name: String, _ work: Double, _ unit: String, _ body: () -> Void) {
        var least = Double.infinity
        let start = Clock.cpuSeconds()
        repeat {
            let before = Clock.cpuSeconds()
            for _ in 0..<4 { body() }
            least = min(least, (Clock.cpuSeconds() - before) / 4)
        } while Clock.cpuSeconds() - start < 0.1
        let line: JSONValue = [
            "name": .string(name), "unit": .string("1e9 \(unit)/s"),
            "rate": .number((work / least / 1e7).rounded() / 100),
        ]
        print(line.text)
    }

    private static func kernels() {
        let (rows, columns) = (32, 2000)
        let norms = RandomFloats.make(columns)
        for widths in [1, 3] {
            let gammas = [Float](repeating: 0.1, count: widths)
            var products = RandomFloats.make(rows * columns)
            measure(
                "gaussian rows, \(widths == 1 ? "one width" : "\(widths) widths")",
                Double(rows * columns),
                "kernels"
            ) {
                vedette_gaussian_rows(&products, rows, columns, norms, norms, gammas, widths)
            }
        }
    }

    private static func elementwise() {
        let count = 1 << 15
        let x = RandomFloats.make(count)
        let z = RandomFloats.make(count)
        var y = x
        typealias Function = (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void
        let functions: [(String, Function)] = [
            ("exp", vedette_exp), ("log", vedette_log), ("tanh", vedette_tanh), ("sigmoid", vedette_sigmoid),
            ("relu", vedette_relu), ("gelu", layer_gelu), ("silu", layer_silu), ("mish", layer_mish),
            ("softplus", layer_softplus),
        ]
        for (name, function) in functions { measure(name, Double(count), "values") { function(x, &y, count) } }
        measure("softmax of rows of 1,024", Double(count), "values") { vedette_softmax_rows(x, &y, count / 1024, 1024) }
        var sum = 0.0
        measure("sum", Double(count), "values") { sum += vedette_sum(x, count) }
        measure("dot", Double(count), "values") { sum += vedette_dot(x, z, count) }
        precondition(sum > 0)
    }

    private static func layers() {
        let (rows, units) = (64, 128)
        var gates = RandomFloats.make(rows * 4 * units)
        let cell = RandomFloats.make(rows * units)
        let shares = RandomFloats.make(rows * 3 * units)
        var (next, hidden) = (cell, cell)
        // Gates stay in 0...1, whatever activations are taken of activations.
        measure("lstm step", Double(rows * units), "states") {
            layer_lstm_step(&gates, cell, &next, &hidden, rows, units)
        }
        measure("gru step", Double(rows * units), "states") {
            layer_gru_step(&gates, shares, cell, &hidden, rows, units)
        }
        let count = 1 << 15
        var (weight, first, second) = (RandomFloats.make(count), RandomFloats.make(count), RandomFloats.make(count))
        let gradient = RandomFloats.make(count)
        measure("adam", Double(count), "weights") {
            layer_adam(&weight, gradient, &first, &second, count, 1e-6, 0.9, 0.999, 1e-7, 0, 0)
        }
        var window = layer_window()
        (window.height, window.width, window.channels) = (32, 32, 32)
        (window.kernel_height, window.kernel_width, window.stride) = (2, 2, 2)
        (window.out_height, window.out_width) = (16, 16)
        var positions = [Int32](repeating: 0, count: count / 4)
        measure("max pooling, 2 by 2", Double(count), "pixels") {
            layer_max_pool(gradient, &first, &positions, &window)
        }
        var sums = [Double](repeating: 0, count: 64)
        measure("channel sums", Double(count), "values") { layer_channel_sums(gradient, count / 64, 64, &sums) }
    }
}

/// A convolution of 3 by 3 over images with a border of one pixel.
private struct Walk {
    let side: Int
    let channels: Int
    let filters: Int
    let images: Int

    func measure(_ level: Int32) {
        let bordered = side + 2
        let rows = images * side * side
        let line = bordered * channels
        var from: [Int] = []
        for image in 0..<images {
            for y in 0..<side {
                for x in 0..<side { from.append((image * bordered + y) * line + x * channels) }
            }
        }
        let to = (0..<rows).map { $0 * filters }
        let segments = [0, line, 2 * line]
        let inner = 9 * channels
        let source = RandomFloats.make(images * bordered * line)
        let matrix = RandomFloats.make(inner * filters)
        var packed = [Float](repeating: 0, count: vedette_packed_count(inner, filters))
        vedette_pack(matrix, inner, filters, filters, 1, &packed, 0, inner)
        let gradient = RandomFloats.make(rows * filters + Int(VEDETTE_PANEL))
        var target = [Float](repeating: 0, count: rows * filters)
        var weight = matrix
        let work = 2 * Double(rows * inner * filters)
        let levels = ["x86-64", "AVX2", "AVX-512"]
        let name = "3 by 3, \(channels) to \(filters) channels, \(levels[Int(level)])"
        from.withUnsafeBufferPointer { from in
            to.withUnsafeBufferPointer { to in
                segments.withUnsafeBufferPointer { segments in
                    var walk = vedette_walk(
                        from: from.baseAddress,
                        to: to.baseAddress,
                        rows: rows,
                        segments: segments.baseAddress,
                        segment_count: 3,
                        length: 3 * channels
                    )
                    var epilogue = vedette_epilogue(bias: nil, accumulate: 0, rectify: 0)
                    KernelCases.measure("product, " + name, work, "operations") {
                        vedette_walk_product_at(level, source, packed, filters, &target, &walk, &epilogue)
                    }
                    KernelCases.measure("weight's gradient, " + name, work, "operations") {
                        vedette_walk_transposed_product_at(level, source, gradient, filters, &weight, &walk, 0)
                    }
                }
            }
        }
    }
}
