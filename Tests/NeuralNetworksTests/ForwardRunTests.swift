import NeuralNetworks
import Statistics
import Tensors
import Testing

/// A network runs forwards with layers folded together, in memory that values share.
///
/// A graph that records the same network folds nothing and keeps every value; both must agree.
@Suite struct `Running forwards` {
    struct Design: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let inputShape: [Int]
        let layers: [Layer]

        init(_ name: String, _ inputShape: [Int], _ layers: [Layer]) {
            testDescription = name
            self.inputShape = inputShape
            self.layers = layers
        }

        /// A network with running averages as training leaves them.
        func network() throws -> Network {
            var generator = SeededGenerator(seed: 5)
            var weights = try Network(inputShape: inputShape, layers: layers, using: &generator).weights
            for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
                guard name.contains("batch-normalisation") || name.hasSuffix(".bias") else { continue }
                let isVariance = name.hasSuffix(".variance")
                weights[name] = Tensor(shape: tensor.shape) { target in
                    for index in target.indices {
                        let value = isVariance ? 0.2 + generator.uniform() : generator.normal()
                        target.initializeElement(at: index, to: Float(value))
                    }
                }
            }
            return try Network(inputShape: inputShape, layers: layers, weights: weights)
        }

        func batch(_ rows: Int) -> Tensor<Float> {
            var generator = SeededGenerator(seed: 6)
            return Tensor(shape: [rows] + inputShape) { target in
                for index in target.indices { target.initializeElement(at: index, to: Float(generator.normal())) }
            }
        }
    }

    static let designs = [
        Design(
            "convolutions of whole panels",
            [8, 8, 1],
            [
                .rescale(scale: 0.5, offset: 0.1), .convolution(filters: 32, kernel: 3, bias: false),
                .batchNormalisation(), .relu, .convolution(filters: 16, kernel: 3, stride: 2), .relu,
                .convolution(filters: 48, kernel: 1), .batchNormalisation(), .activation(.tanh), .maxPooling(size: 2),
                .convolution(filters: 16, kernel: 2, padding: .valid), .flatten, .dense(units: 20), .relu,
                .dense(units: 3, bias: false),
            ]
        ),
        Design(
            "convolutions of part panels",
            [6, 6, 3],
            [
                .convolution(filters: 5, kernel: 3), .batchNormalisation(), .relu, .convolution(filters: 20, kernel: 3),
                .relu, .transposedConvolution(filters: 7, kernel: 3, stride: 2), .globalMaxPooling, .dense(units: 40),
                .relu, .dense(units: 17),
            ]
        ),
        Design(
            "residual blocks",
            [8, 8, 4],
            [
                .convolution(filters: 16, kernel: 3), .batchNormalisation(), .relu,
                .residual([
                    .convolution(filters: 32, kernel: 3, stride: 2), .batchNormalisation(), .relu,
                    .convolution(filters: 32, kernel: 3), .batchNormalisation(),
                ]), .relu, .residual([.convolution(filters: 32, kernel: 3, groups: 4), .activation(.silu)]),
                .globalAveragePooling, .dense(units: 5),
            ]
        ),
        Design(
            "sequences",
            [5, 6],
            [
                .dense(units: 16), .relu, .lstm(units: 10, bidirectional: true), .gru(units: 12), .layerNormalisation(),
                .dropout(rate: 0.5), .selfAttention(heads: 2), .flatten, .dense(units: 4), .activation(.softmax),
            ]
        ),
        Design("nothing", [3], []),
    ]

    /// Rows of one piece, of several kernels' tiles, and of several pieces.
    static let batches = [1, 3, 9, 70]

    private static func expect(
        _ found: Tensor<Float>,
        equals expected: Tensor<Float>,
        _ what: String,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(found.shape == expected.shape, "\(what)", sourceLocation: location)
        // Folding changes the order in which a normalisation's factors are multiplied, and which kernel adds a product.
        let furthest = zip(found.elements, expected.elements).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? 0
        #expect(furthest < 2e-5, "\(what)", sourceLocation: location)
    }

    @Test(arguments: designs)
    func `gives what an unfolded graph gives`(design: Design) throws {
        let network = try design.network()
        for rows in Self.batches {
            let batch = design.batch(rows)
            let graph = Graph()
            let input = graph.input(shape: design.inputShape)
            let output = try graph.apply(network, to: input)
            graph.begin(rows: rows)
            try graph.write(batch, to: input)
            try graph.run()
            Self.expect(try network(batch), equals: graph.value(of: output), "\(rows) rows")
        }
    }

    @Test(arguments: designs)
    func `shows every layer as a network that ends there computes it`(design: Design) throws {
        let network = try design.network()
        let batch = design.batch(3)
        let weights = network.weights
        let names = network.layerNames.filter { !$0.contains(".") }
        for (index, name) in names.enumerated() {
            let part = Array(design.layers[...index])
            var generator = SeededGenerator(seed: 0)
            let shapes = try Network(inputShape: design.inputShape, layers: part, using: &generator).weightShapes
            let own = Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, weights[$0.name]) }).compactMapValues {
                $0
            }
            let short = try Network(inputShape: design.inputShape, layers: part, weights: own)
            let graph = Graph()
            let input = graph.input(shape: design.inputShape)
            let output = try graph.apply(short, to: input)
            graph.begin(rows: 3)
            try graph.write(batch, to: input)
            try graph.run()
            Self.expect(try network.activations(of: name, at: batch), equals: graph.value(of: output), name)
        }
    }

    @Test func `shows the layers inside a residual block`() throws {
        let network = try Self.designs[2].network()
        let batch = Self.designs[2].batch(2)
        // The block adds what its last layer gives to a projection: nothing else depends on the inner layers' names.
        let normalised = try network.activations(of: "residual1.batch-normalisation1", at: batch)
        let rectified = try network.activations(of: "residual1.relu1", at: batch)
        #expect(normalised.elements.contains { $0 < 0 })
        Self.expect(rectified, equals: normalised.map { max($0, 0) }, "relu")
    }

    @Test func `writes into a buffer of the caller's, and refuses one that does not fit`() throws {
        let design = Self.designs[0]
        let network = try design.network()
        let batch = design.batch(4)
        let expected = try network(batch)
        var found = [Float](repeating: .nan, count: 12)
        try batch.withUnsafeBufferPointer { rows in
            try found.withUnsafeMutableBufferPointer { try network.run(rows, into: $0) }
        }
        #expect(found == expected.elements)
        for (inputs, outputs) in [(63, 3), (64, 2), (64, 6), (128, 3), (0, 3)] {
            let error = try #require(throws: NeuralNetworkError.self) {
                try [Float](repeating: 0, count: inputs).withUnsafeBufferPointer { rows in
                    var room = [Float](repeating: 0, count: outputs)
                    try room.withUnsafeMutableBufferPointer { try network.run(rows, into: $0) }
                }
            }
            #expect(error.code == .shapeMismatch && !error.remedy.isEmpty)
        }
        try [Float]().withUnsafeBufferPointer { none in
            var room = [Float]()
            try room.withUnsafeMutableBufferPointer { try network.run(none, into: $0) }
        }
    }

    @Test func `NaN reaches the output of its own row alone`() throws {
        for design in Self.designs.dropLast() {
            let network = try design.network()
            for rows in [2, 9] {
                var batch = design.batch(rows)
                let clean = try network(batch)
                batch[batch.elementsPerRow * (rows - 1) + 1] = .nan
                let result = try network(batch)
                #expect(result.rows(0..<rows - 1) == clean.rows(0..<rows - 1), "\(design.testDescription)")
                #expect(result.rows(rows - 1..<rows).elements.allSatisfy { $0.isNaN }, "\(design.testDescription)")
            }
        }
    }

    @Test func `networks that take turns in one memory do not disturb each other`() throws {
        let networks = try Self.designs.map { try ($0.network(), $0) }
        let expected = try networks.map { network, design in try network(design.batch(9)) }
        for round in 0..<5 {
            for (index, (network, design)) in networks.enumerated() where (index + round) % 3 != 0 {
                #expect(try network(design.batch(9)) == expected[index])
                _ = try network(design.batch(1 + round))
            }
        }
    }

    @Test func `many networks that were busy keep no more than a few blocks together`() throws {
        let networks = try (0..<20).map { seed in
            var generator = SeededGenerator(seed: UInt64(seed))
            return try Network(inputShape: [32, 32, 3], layers: Self.wide, using: &generator)
        }
        let batch = Tensor<Float>(shape: [64, 32, 32, 3], repeating: 1)
        for network in networks { _ = try network(batch) }
        // Each took 20 MB and more for itself while it ran.
        #expect(LentMemory.shared.idleBytes > 0 && LentMemory.shared.idleBytes <= 64 << 20)
    }

    private static let wide: [Layer] = [
        .convolution(filters: 64, kernel: 3), .relu, .convolution(filters: 64, kernel: 3), .relu, .globalAveragePooling,
        .dense(units: 2),
    ]
}
