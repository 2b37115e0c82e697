import JSON
package import Methods
package import Prediction
import Statistics
import Tensors

/// Fits and restores `MMDDriftOnline`: thresholds are simulated when it is fitted, and never when it is loaded.
package struct MMDDriftOnlineFactory: MethodFactory {
    package let name = "MMDDriftOnline"
    package let parts: Set<SplitPart> = [.reference]
    package let requiresModel = false

    package let parameters =
        NewestRows.parameters + [
            Parameter("sigma", .numbers, "Widths of the kernel; the median heuristic on the reference where absent.")
        ]

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let parameters = material.configuration.parameters
        let newest = NewestRows(parameters)
        let size = newest.size
        let rows = try material.rows(of: .reference, atLeast: 2 * size + 2)
        let flat = rows.withShape([rows.rows, rows.elementsPerRow])
        try flat.requireFinite(name)
        let seed = material.configuration.seed
        let kernel = try GaussianKernel(parameters, medianOf: flat, seed: seed)
        let simulation = MMDSimulation(rows: flat, kernel: kernel, windowSize: size)
        let thresholds = try RunTimeThresholds.thresholds(
            simulation.runs(newest.streams, seed: seed, progress: material.progress),
            expectedRunTime: newest.expectedRunTime
        )
        var generator = SeededGenerator(seed: seed).split(stream: 0)
        let order = generator.permutation(flat.rows)
        let (window, compared) = (Array(order[..<size]), Array(order[(2 * size)...]))
        return ArtefactContents(arrays: [
            "x_ref": AnyTensor(flat.selectingRows(compared)), "first_window": AnyTensor(flat.selectingRows(window)),
            "sigma": AnyTensor(Tensor(vector: kernel.sigmas)),
            "thresholds": AnyTensor(try Tensor(shape: [thresholds.count], elements: thresholds)),
            "reference_mean": AnyTensor(
                try Tensor(shape: [1], elements: [simulation.meanKernel(without: Array(order[..<(2 * size)]))])
            ),
        ])
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let newest = NewestRows(artefact.configuration.parameters)
        let reference = try artefact.floats("x_ref")
        let mean = try artefact.doubles("reference_mean").elements
        let (window, thresholds) = try newest.stored(artefact, width: reference.elementsPerRow)
        guard mean.count == 1, reference.rows >= 2 else {
            throw MethodError.artefact("reference_mean.npy", "it holds \(mean) of \(reference.rows) rows")
        }
        try reference.requireFinite(name)
        return .sequential(
            MMDDriftOnline(
                compared: reference,
                referenceMean: mean[0],
                firstWindow: window,
                kernel: GaussianKernel(sigmas: try SimilarityKernel.storedSigmas(artefact, "sigma")),
                thresholds: thresholds,
                expectedRunTime: newest.expectedRunTime
            )
        )
    }
}

/// Clean streams made of the reference: some rows stand for the stream, the others are compared with.
private struct MMDSimulation {
    private let rows: [Float]
    private let width: Int
    private let count: Int
    private let kernel: GaussianKernel
    private let windowSize: Int
    /// For each row, the sum of its kernels with all others.
    private let sums: [Double]
    private let total: Double

    /// - Complexity: O(*n²* · *d*) time, O(*n*) memory.
    init(rows: Tensor<Float>, kernel: GaussianKernel, windowSize: Int) {
        let values = rows.elements
        let width = rows.elementsPerRow
        let blocked = BlockedRows(values, width: width)
        sums = (0..<rows.rows).map { row in
            values[row * width..<(row + 1) * width].withUnsafeBufferPointer { place in
                place.baseAddress.map { blocked.kernelSum($0, kernel) - 1 } ?? 0
            }
        }
        total = sums.reduce(0, +)
        self.rows = values
        self.width = width
        count = rows.rows
        self.kernel = kernel
        self.windowSize = windowSize
    }

    /// The mean kernel of two different rows of those that are not among `others`.
    func meanKernel(without others: [Int]) -> Double { parts(others).mean }

    /// The statistic at the rows 1 to `windowSize` of so many streams.
    ///
    /// - Complexity: O(*W²* · *d*) a stream.
    func runs(_ runs: Int, seed: UInt64, progress: FittingProgress) -> [[Double]] {
        let generator = SeededGenerator(seed: seed)
        return (1...runs).map { run in
            if run % 1_000 == 0 { progress("thresholds", Double(run) / Double(runs)) }
            var generator = generator.split(stream: UInt64(run))
            return statistics(generator.sample(2 * windowSize, of: count))
        }
    }

    private func parts(_ others: [Int]) -> (kernels: [Double], cross: [Double], mean: Double) {
        let size = others.count
        var kernels = [Double](repeating: 0, count: size * size)
        rows.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for first in 0..<size {
                for second in first + 1..<size {
                    let value = kernel.similarity(
                        base + others[first] * width,
                        base + others[second] * width,
                        width: width
                    )
                    kernels[first * size + second] = value
                    kernels[second * size + first] = value
                }
            }
        }
        var cross: [Double] = []
        var outside = total
        for first in 0..<size {
            let among = kernels[first * size..<(first + 1) * size].reduce(0, +)
            cross.append(sums[others[first]] - among)
            outside -= 2 * sums[others[first]] - among
        }
        let compared = Double(count - size)
        return (kernels, cross, outside / (compared * (compared - 1)))
    }

    private func statistics(_ others: [Int]) -> [Double] {
        let (kernels, cross, mean) = parts(others)
        let size = others.count
        let window = Double(windowSize)
        return (1...windowSize).map { start in
            var within = 0.0
            var between = 0.0
            for first in start..<start + windowSize {
                between += cross[first]
                for second in start..<start + windowSize { within += kernels[first * size + second] }
            }
            return mean + within / (window * (window - 1)) - 2 * between / (window * Double(count - size))
        }
    }
}
