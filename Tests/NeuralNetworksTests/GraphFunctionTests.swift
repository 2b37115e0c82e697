import NeuralNetworks
import Statistics
import Tensors
import TestSupport
import Testing

/// What objectives are made of: arithmetic, reductions, rearrangements, products and choices.
@Suite struct `Functions of a graph` {
    /// A function of inputs of these shapes, and whether its gradient can be recorded and differentiated again.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let shapes: [[Int]]
        let isTwice: Bool
        let record: @Sendable (Graph, [Variable]) throws -> Variable

        init(
            _ name: String,
            _ shapes: [[Int]],
            twice: Bool = true,
            _ record: @escaping @Sendable (Graph, [Variable]) throws -> Variable
        ) {
            testDescription = name
            self.shapes = shapes
            isTwice = twice
            self.record = record
        }
    }

    static let cases =
        [
            Case("add", [[3, 2], [3, 2]]) { try $0.add($1[0], $1[1]) },
            Case("add a row", [[3, 2], [2]]) { try $0.add($1[0], $1[1]) },
            Case("subtract a column", [[3, 2], [3, 1]]) { try $0.subtract($1[0], $1[1]) },
            Case("subtract from one value", [[], [3, 2]]) { try $0.subtract($1[0], $1[1]) },
            Case("multiply across", [[3, 1, 2], [4, 1]]) { try $0.multiply($1[0], $1[1]) },
            Case("multiply by itself", [[4]]) { try $0.multiply($1[0], $1[0]) },
            Case("multiply by what all rows share", [[3, 2], [3, 2]]) {
                try $0.multiply($1[0], $0.batchMean(of: $1[1]))
            },
            Case("divide", [[3, 2], [1, 2]]) {
                try $0.divide($1[0], by: $0.affine($0.square(of: $1[1]), factor: 1, offset: 1))
            },
            Case("exponential", [[5]]) { $0.exponential(of: $1[0]) },
            Case("logarithm", [[5]]) { $0.logarithm(of: $0.affine($0.square(of: $1[0]), factor: 1, offset: 0.5)) },
            Case("square root", [[5]]) { $0.squareRoot(of: $0.affine($0.square(of: $1[0]), factor: 1, offset: 0.5)) },
            Case("magnitude", [[5]]) { $0.magnitude(of: $1[0]) },
            Case("sum of a row", [[3, 2]]) { try $0.sum(of: $0.square(of: $1[0])) },
            Case("sum over the first axis", [[3, 2, 2]]) { try $0.sum(of: $1[0], axis: 0) },
            Case("mean over the middle axis", [[3, 2, 2]]) { try $0.mean(of: $0.square(of: $1[0]), axis: 1) },
            Case("maximum over the last axis", [[3, 4]], twice: false) { try $0.maximum(of: $1[0], axis: 1) },
            Case("sum over the batch", [[3]]) { try $0.multiply($0.batchSum(of: $1[0]), $1[0]) },
            Case("quotient by what the batch has on average", [[3, 2]]) {
                let centred = try $0.subtract($1[0], $0.batchMean(of: $1[0]))
                return try $0.divide(
                    centred,
                    by: $0.affine($0.batchMean(of: $0.square(of: centred)), factor: 1, offset: 1)
                )
            },
            Case("transpose", [[2, 3, 4]]) { try $0.transpose($0.square(of: $1[0]), axes: [2, 0, 1]) },
            Case("slice", [[2, 4, 2]]) { try $0.slice($0.square(of: $1[0]), axis: 1, 1..<3) },
            Case("overlapping slices", [[5, 2]]) {
                let x = $0.square(of: $1[0])
                return try $0.concatenate([$0.slice(x, axis: 0, 1..<4), $0.slice(x, axis: 0, 3..<5)], axis: 0)
            },
            Case("split and concatenate", [[2, 5], [2, 1]]) {
                let pieces = try $0.split($0.square(of: $1[0]), axis: 1, sizes: [2, 3])
                return try $0.concatenate([pieces[1], $1[1], pieces[0], $1[1]], axis: 1)
            },
            Case("product", [[2, 3], [3, 4]]) { try $0.product($1[0], $1[1]) },
            Case("product of a transpose", [[3, 2], [3, 4]]) { try $0.product($1[0], $1[1], transposingFirst: true) },
            Case("product with a transpose", [[2, 3], [4, 3]]) {
                try $0.product($1[0], $1[1], transposingSecond: true)
            },
            Case("product of transposes", [[3, 2], [4, 3]]) {
                try $0.product($1[0], $1[1], transposingFirst: true, transposingSecond: true)
            },
            Case("product with itself", [[3, 2]]) { try $0.product($1[0], $1[0], transposingSecond: true) },
            Case("product with a shared matrix", [[2, 2, 3], [3, 4]]) {
                try $0.product($1[0], $0.batchMean(of: $1[1]))
            },
            Case("product of a shared transpose", [[3, 2], [3, 4]]) {
                try $0.product($0.batchMean(of: $1[1]), $1[0], transposingFirst: true)
            },
            Case("product with its own mean over the batch", [[2, 3]]) {
                try $0.product($1[0], $0.batchMean(of: $1[0]), transposingSecond: true)
            },
            Case("gather", [[4, 2]]) { try $0.gather($0.square(of: $1[0]), at: indices($0, [3, 0, 3])) },
            Case("scatterAdd", [[3, 2]]) {
                try $0.scatterAdd($0.square(of: $1[0]), at: indices($0, [1, 0, 1]), entries: 4)
            },
            Case("scatter", [[3, 2], [4, 2]], twice: false) {
                try $0.scatter($1[0], at: indices($0, [1, 0, 1]), into: $1[1])
            },
        ]
        + `Gradients of layers`.activations.map { activation in
            Case(activation.kind, [[5]]) { $0.activation(activation, of: $1[0]) }
        }

    /// The same indices for every row.
    private static func indices(_ graph: Graph, _ values: [Float]) throws -> Variable {
        try graph.concatenate(values.map { graph.constant($0, shape: [1]) }, axis: 0)
    }

    @Test(arguments: cases)
    func `have the gradient of finite differences`(example: Case) throws {
        let difference = try gradientDistance(example.shapes) { graph, inputs in
            let y = try example.record(graph, inputs)
            return graph.batchMean(of: try graph.sum(of: graph.square(of: y)))
        }
        #expect(difference < 2e-3)
    }

    @Test(arguments: cases.filter(\.isTwice))
    func `have a recorded gradient whose own gradient is that of finite differences`(example: Case) throws {
        let difference = try gradientDistance(example.shapes) { graph, inputs in
            let y = try graph.sum(of: graph.square(of: try example.record(graph, inputs)))
            return graph.batchMean(of: try graph.sum(of: graph.square(of: try graph.gradient(of: y, by: inputs[0]))))
        }
        #expect(difference < 5e-3)
    }

    @Test(arguments: cases.filter(\.isTwice))
    func `have a recorded gradient equal to the backward pass`(example: Case) throws {
        var generator = SeededGenerator(seed: 31)
        let graph = Graph()
        let inputs = example.shapes.map { graph.input(shape: $0, differentiable: true) }
        let y = try graph.sum(of: graph.square(of: try example.record(graph, inputs)))
        let recorded = try graph.gradient(of: y, by: inputs[0])
        graph.begin(rows: 3)
        for (shape, input) in zip(example.shapes, inputs) {
            try graph.write(.normal([3] + shape, &generator), to: input)
        }
        try graph.run()
        try graph.backward(from: y)
        let (found, wanted) = (graph.value(of: recorded).elements, graph.gradient(of: inputs[0]).elements)
        #expect(areClose(found, wanted, absolute: 1e-5, relative: 1e-5))
    }

    /// The distance of the backward pass from central differences, over all inputs.
    private func gradientDistance(
        _ shapes: [[Int]],
        _ record: (Graph, [Variable]) throws -> Variable
    ) throws -> Double {
        var generator = SeededGenerator(seed: 30)
        let graph = Graph()
        let inputs = shapes.map { graph.input(shape: $0, differentiable: true) }
        let loss = try record(graph, inputs)
        var values = shapes.map { Tensor<Float>.normal([3] + $0, &generator) }
        func run() throws -> Double {
            graph.begin(rows: 3)
            for (value, input) in zip(values, inputs) { try graph.write(value, to: input) }
            try graph.run()
            return Double(graph.value(of: loss)[0])
        }
        _ = try run()
        try graph.backward(from: loss)
        let analytic = inputs.flatMap { graph.gradient(of: $0).elements.map(Double.init) }
        var numeric: [Double] = []
        for which in values.indices {
            for index in 0..<values[which].count {
                let value = values[which][index]
                let losses = try [Float(4e-3), -4e-3].map { change in
                    values[which][index] = value + change
                    return try run()
                }
                values[which][index] = value
                numeric.append((losses[0] - losses[1]) / 8e-3)
            }
        }
        return distance(analytic, numeric)
    }

    // MARK: Values

    private func value(
        _ inputs: [([Int], [Float])],
        training: Bool = false,
        _ record: (Graph, [Variable]) throws -> Variable
    ) throws -> Tensor<Float> {
        let graph = Graph(seed: 4)
        let variables = inputs.map { graph.input(shape: $0.0) }
        let y = try record(graph, variables)
        graph.begin(rows: 1)
        for (input, variable) in zip(inputs, variables) {
            try graph.write(Tensor(shape: [1] + input.0, elements: input.1), to: variable)
        }
        try graph.run(training: training)
        return graph.value(of: y)
    }

    @Test func `have the values that they name`() throws {
        let matrix: ([Int], [Float]) = ([2, 3], [1, 5, 3, 4, 2, 6])
        #expect(
            try value([matrix, ([3], [10, 20, 30])]) { try $0.add($1[0], $1[1]) }.elements == [11, 25, 33, 14, 22, 36]
        )
        #expect(
            try value([matrix, ([2, 1], [1, 2])]) { try $0.divide($1[0], by: $1[1]) }.elements == [1, 5, 3, 2, 1, 3]
        )
        #expect(try value([matrix]) { try $0.sum(of: $1[0], axis: 0) }.elements == [5, 7, 9])
        #expect(try value([matrix]) { try $0.mean(of: $1[0], axis: 1) }.elements == [3, 4])
        #expect(try value([matrix]) { try $0.maximum(of: $1[0]) }.elements == [6])
        #expect(try value([matrix]) { try $0.transpose($1[0], axes: [1, 0]) }.elements == [1, 4, 5, 2, 3, 6])
        #expect(try value([matrix]) { try $0.slice($1[0], axis: 1, 1..<2) }.elements == [5, 2])
        #expect(
            try value([matrix, ([2], [1, 1])]) { try $0.gather($1[0], at: $1[1]) }.elements == [4, 2, 6, 4, 2, 6]
        )
        let added = try value([matrix, ([2], [1, 1])]) { try $0.scatterAdd($1[0], at: $1[1], entries: 2) }
        #expect(added.elements == [0, 0, 0, 5, 7, 9])
        let replaced = try value([matrix, ([2], [0, 0]), ([2, 3], [9, 9, 9, 8, 8, 8])]) {
            try $0.scatter($1[0], at: $1[1], into: $1[2])
        }
        #expect(replaced.elements == [4, 2, 6, 8, 8, 8])
        #expect(
            try value([matrix]) { try $0.product($1[0], $1[0], transposingSecond: true) }.elements == [35, 32, 32, 56]
        )
    }

    @Test func `a normal sample has its moments while training and is the mean afterwards`() throws {
        let size = 4_000
        let inputs = [([size], [Float](repeating: 2, count: size)), ([size], [Float](repeating: 1.3863, count: size))]
        let record = { (graph: Graph, x: [Variable]) in try graph.normalSample(mean: x[0], logVariance: x[1]) }
        #expect(try value(inputs, record).elements == inputs[0].1)
        let drawn = try value(inputs, training: true, record).elements.map(Double.init)
        let mean = drawn.reduce(0, +) / Double(size)
        let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
        // A variance of e^1.3863 = 4: standard errors are 2 / √4000 = 0.032 and 4 √(2 / 4000) = 0.09.
        #expect(abs(mean - 2) < 0.13)
        #expect(abs(variance - 4) < 0.36)
        #expect(try value(inputs, training: true, record).elements.map(Double.init) == drawn, "one seed, one draw")
        let both = try value(inputs, training: true) { try $0.subtract(record($0, $1), record($0, $1)) }.elements
        #expect(both.contains { $0 != 0 }, "each draw has a stream of its own")
    }

    @Test func `a kernel over the examples of one row is learned through pairs`() throws {
        // The biased estimate of MMD² between two samples with a Gaussian kernel over learned features: its gradient is
        // what a learned kernel follows.
        let difference = try gradientDistance([[3, 2], [4, 2], [2, 2]]) { graph, x in
            func kernel(_ a: Variable, _ b: Variable) throws -> Variable {
                let features = try [a, b].map { graph.activation(.tanh, of: try graph.product($0, x[2])) }
                let norms = try features.map { try graph.sum(of: graph.square(of: $0), axis: 1) }
                let cross = try graph.product(features[0], features[1], transposingSecond: true)
                let left = graph.reshape(norms[0], to: [a.shape[0], 1])
                let squares = try graph.subtract(graph.add(left, norms[1]), graph.affine(cross, factor: 2))
                return try graph.mean(of: graph.exponential(of: graph.affine(squares, factor: -0.5)))
            }
            let same = try graph.add(kernel(x[0], x[0]), kernel(x[1], x[1]))
            return graph.batchMean(of: try graph.subtract(same, graph.affine(kernel(x[0], x[1]), factor: 2)))
        }
        #expect(difference < 2e-3)
    }

    // MARK: Refusals

    static let mismatches: [(String, @Sendable (Graph, Variable, Variable) throws -> Variable)] = [
        ("add: [3, 4] by [5, 2], sizes 3 and 5 differ", { try $0.add($1, $2) }),
        ("product: [3, 4] by [5, 2], inner sizes 4 and 5 differ", { try $0.product($1, $2) }),
        ("concatenate: [3, 4] by [5, 2], they differ beside axis 0", { try $0.concatenate([$1, $2], axis: 0) }),
        (
            "transpose: [3, 4] by [0, 0], the axes are not an order of [0, 1]",
            { graph, x, _ in
                try graph.transpose(x, axes: [0, 0])
            }
        ),
        ("slice: [3, 4] by [2, 5], the range leaves axis 1", { graph, x, _ in try graph.slice(x, axis: 1, 2..<5) }),
        (
            "split: [3, 4] by [1, 1], the sizes do not add up to 4",
            { graph, x, _ in
                try graph.split(x, axis: 1, sizes: [1, 1])[0]
            }
        ),
        ("sum: [3, 4] by [2], there is no axis 2", { graph, x, _ in try graph.sum(of: x, axis: 2) }),
        (
            "scatterAdd: [3, 4] by [5, 2], the entries do not begin with the indices' shape",
            {
                try $0.scatterAdd($1, at: $2, entries: 3)
            }
        ),
        (
            "meanSquaredError: [3, 4] by [5, 2], each value needs one of the other side",
            {
                try $0.meanSquaredError($1, target: $2)
            }
        ),
        ("softmaxCrossEntropy: [3, 4] by [5, 2], a row has one label", { try $0.softmaxCrossEntropy($1, labels: $2) }),
        (
            "normalSample: [3, 4] by [5, 2], a log variance belongs to each mean",
            {
                try $0.normalSample(mean: $1, logVariance: $2)
            }
        ),
        ("gradient: [3, 4] by [5, 2], the first does not depend on the second", { try $0.gradient(of: $1, by: $2) }),
    ]

    @Test func `refuse shapes that do not fit and name both`() throws {
        for (message, record) in Self.mismatches {
            let graph = Graph()
            let (a, b) = (graph.input(shape: [3, 4]), graph.input(shape: [5, 2]))
            let error = try #require(throws: NeuralNetworkError.self) { _ = try record(graph, a, b) }
            #expect(error.code == .shapeMismatch)
            #expect(error.message == message)
        }
    }

    @Test(arguments: [Float(-1), 2, 0.5, .nan, .infinity])
    func `refuse an index that is none`(index: Float) throws {
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try value([([2, 3], [1, 2, 3, 4, 5, 6]), ([1], [index])]) { try $0.gather($1[0], at: $1[1]) }
        }
        #expect(error.code == .invalidIndex)
        #expect(error.message == "gather: the index \(index) is not one of 0 to 1")
        let label = try #require(throws: NeuralNetworkError.self) {
            _ = try value([([2], [1, 2]), ([], [index])]) { try $0.softmaxCrossEntropy($1[0], labels: $1[1]) }
        }
        #expect(label.code == .invalidIndex)
    }

    @Test func `refuse to differentiate twice through what records no gradient, by its name`() throws {
        let graph = Graph()
        let x = graph.input(shape: [3, 4])
        let y = try graph.maximum(of: x, axis: 1)
        let error = try #require(throws: NeuralNetworkError.self) { _ = try graph.gradient(of: y, by: x) }
        #expect(error.code == .notDifferentiableTwice)
        #expect(error.message == "gradient: a reduction of the maximum has no recorded gradient")
        let table = try graph.scatter(x, at: graph.input(shape: [3]), into: graph.input(shape: [5, 4]))
        let other = try #require(throws: NeuralNetworkError.self) { _ = try graph.gradient(of: table, by: x) }
        #expect(other.message.contains("Scattering"))
    }
}
