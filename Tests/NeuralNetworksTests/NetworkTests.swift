import NeuralNetworks
import Statistics
import Tensors
import Testing

@Suite struct `A network` {
    private static let layers: [Layer] = [
        .convolution(filters: 4, kernel: 3), .batchNormalisation(), .relu, .maxPooling(size: 2),
        .residual([.convolution(filters: 4, kernel: 3), .relu]), .flatten, .dense(units: 3),
    ]

    private func make(seed: UInt64 = 1) throws -> Network {
        var generator = SeededGenerator(seed: seed)
        return try Network(inputShape: [6, 6, 1], layers: Self.layers, using: &generator)
    }

    @Test func `gives a row the same answer in any batch, within rounding`() throws {
        let network = try make()
        var generator = SeededGenerator(seed: 2)
        let batch = Tensor<Float>.normal([700, 6, 6, 1], &generator)
        let together = try network(batch)
        #expect(together.shape == [700, 3])
        for row in [0, 255, 256, 511, 699] {
            let alone = try network(batch.rows(row..<row + 1))
            for (a, b) in zip(alone.elements, together.rows(row..<row + 1).elements) { #expect(abs(a - b) < 1e-5) }
        }
        #expect(try network(batch.rows(0..<0)).shape == [0, 3])
        #expect(try network(batch.reshaped([700, 36])) == together)
    }

    @Test func `answers many threads at once as it answers one`() async throws {
        let network = try make()
        var generator = SeededGenerator(seed: 3)
        let batch = Tensor<Float>.normal([5, 6, 6, 1], &generator)
        let expected = try network(batch)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).allSatisfy { _ in (try? network(batch)) == expected } }
            }
            for await same in group { #expect(same) }
        }
    }

    @Test func `carries weights back to the inputs as finite differences do`() throws {
        var generator = SeededGenerator(seed: 4)
        let layers: [Layer] = [
            .convolution(filters: 3, kernel: 3), .batchNormalisation(), .activation(.tanh), .flatten, .dense(units: 2),
        ]
        let network = try Network(inputShape: [4, 4, 1], layers: layers, using: &generator)
        let batch = Tensor<Float>.normal([3, 4, 4, 1], &generator)
        let weights = Tensor<Float>.normal([3, 2], &generator)
        let analytic = try network.pullback(at: batch) { rows, _, target in
            for index in target.indices { target[index] = weights[rows.lowerBound * 2 + index] }
        }
        #expect(analytic.shape == batch.shape)
        var numeric: [Double] = []
        for index in 0..<batch.count {
            let sums = try [Float(4e-3), -4e-3].map { change in
                var moved = batch
                moved[index] += change
                return zip(try network(moved).elements, weights.elements).reduce(0.0) { $0 + Double($1.0 * $1.1) }
            }
            numeric.append((sums[0] - sums[1]) / 8e-3)
        }
        #expect(distance(analytic.elements.map(Double.init), numeric) < 2e-3)
    }

    @Test func `shows its layers`() throws {
        let network = try make()
        #expect(
            network.layerNames == [
                "convolution1", "batch-normalisation1", "relu1", "max-pooling1", "residual1.convolution1",
                "residual1.relu1", "residual1", "flatten1", "dense1",
            ]
        )
        var generator = SeededGenerator(seed: 5)
        let batch = Tensor<Float>.normal([2, 6, 6, 1], &generator)
        #expect(try network.activations(of: "dense1", at: batch) == network(batch))
        #expect(try network.activations(of: "max-pooling1", at: batch).shape == [2, 3, 3, 4])
        #expect(try network.activations(of: "residual1.relu1", at: batch).elements.allSatisfy { $0 >= 0 })
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try network.activations(of: "dense9", at: batch)
        }
        #expect(error.code == .unknownLayer && error.remedy.contains("dense1"))
    }

    @Test func `is rebuilt from its weights and refuses others`() throws {
        let network = try make()
        var generator = SeededGenerator(seed: 6)
        let batch = Tensor<Float>.normal([2, 6, 6, 1], &generator)
        let copy = try Network(inputShape: [6, 6, 1], layers: Self.layers, weights: network.weights)
        #expect(try copy(batch) == network(batch))
        #expect(network.weightCount == network.weightShapes.reduce(0) { $0 + $1.shape.reduce(1, *) })

        func refusal(_ change: (inout [String: Tensor<Float>]) -> Void) throws -> NeuralNetworkError {
            var weights = network.weights
            change(&weights)
            return try #require(throws: NeuralNetworkError.self) {
                _ = try Network(inputShape: [6, 6, 1], layers: Self.layers, weights: weights)
            }
        }
        #expect(try refusal { $0["dense1.bias"] = nil }.message.contains("dense1.bias"))
        #expect(try refusal { $0["dense1.bias"] = Tensor(shape: [4], repeating: 0) }.message.contains("[4]"))
        #expect(try refusal { $0["dense1.bias"] = Tensor(shape: [3], repeating: .nan) }.message.contains("NaN"))
        #expect(try refusal { $0["other"] = Tensor(shape: [1], repeating: 0) }.message.contains("other"))
    }

    struct Impossible: Sendable {
        let inputShape: [Int]
        let layers: [Layer]
        let mention: String
    }

    static let impossible: [Impossible] = [
        Impossible(inputShape: [4], layers: [.convolution(filters: 2, kernel: 3)], mention: "convolution1"),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 2, kernel: 5, padding: .valid)],
            mention: "does not fit"
        ),
        Impossible(inputShape: [4], layers: [.dense(units: 0)], mention: "units"),
        Impossible(
            inputShape: [4],
            layers: [.dense(units: 1 << 20), .dense(units: 1 << 20)],
            mention: "holds more than"
        ),
        Impossible(inputShape: [1 << 20, 1 << 20, 1 << 20], layers: [], mention: "holds more than"),
        Impossible(inputShape: [4], layers: [.reshape([3])], mention: "number of values"),
        Impossible(inputShape: [4], layers: [.reshape([-2, -2])], mention: "shape is -2"),
        Impossible(inputShape: [4, 4, 1], layers: [.maxPooling(size: 2, stride: 0)], mention: "stride"),
        Impossible(inputShape: [4, 4, 1], layers: [.upsampling(factor: 1 << 20)], mention: "holds more than"),
        Impossible(inputShape: [4], layers: [.dropout(rate: 1)], mention: "rate"),
        Impossible(inputShape: [4], layers: [.batchNormalisation(momentum: .nan)], mention: "momentum"),
        Impossible(inputShape: [4], layers: [.rescale(scale: [1, 2], offset: [0])], mention: "rescale has 2 values"),
        Impossible(inputShape: [4], layers: [.rescale(scale: [.infinity], offset: [0])], mention: "not finite"),
        Impossible(inputShape: [4], layers: [.residual([.dense(units: 3)])], mention: "residual"),
        Impossible(
            inputShape: [4, 4, 3],
            layers: [.convolution(filters: 4, kernel: 3, groups: 2)],
            mention: "do not divide the 3 channels of [4, 4, 3]"
        ),
        Impossible(
            inputShape: [4, 4, 4],
            layers: [.transposedConvolution(filters: 3, kernel: 3, stride: 2, groups: 2)],
            mention: "do not divide the 3 filters"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 2, kernel: 3, padding: .valid, dilation: 2)],
            mention: "a window of 5 does not fit into [4, 4, 1]"
        ),
        Impossible(
            inputShape: [4, 2],
            layers: [.sequenceConvolution(filters: 2, kernel: 5, padding: .valid)],
            mention: "sequence-convolution1: a window of 5 does not fit into [4, 2]"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.sequenceConvolution(filters: 2, kernel: 3)],
            mention: "needs a sequence [time, channels] and got [4, 4, 1]"
        ),
        Impossible(
            inputShape: [4, 2],
            layers: [.sequenceConvolution(filters: 3, kernel: 3, groups: 2)],
            mention: "do not divide the 3 filters"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.transposedConvolution(filters: 2, kernel: 3, stride: 2, padding: .valid, outputPadding: 2)],
            mention: "the output padding is 2 with a stride of 2"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.transposedConvolution(filters: 2, kernel: 3, stride: 2, outputPadding: 1)],
            mention: "the output padding is 1"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 2, kernel: 3, padding: .pixels(3))],
            mention: "with 3 zeros around"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 2, kernel: 3, padding: .pixels(-1))],
            mention: "padding is -1"
        ),
        Impossible(
            inputShape: [4, 4, 1],
            layers: [.convolution(filters: 2, kernel: 3, dilation: 0)],
            mention: "dilation"
        ),
        Impossible(
            inputShape: [2, 2, 1],
            layers: [.transposedConvolution(filters: 1, kernel: 2, stride: 1, padding: .pixels(2))],
            mention: "holds more than"
        ),
        Impossible(inputShape: [4, 6], layers: [.groupNormalisation(groups: 4)], mention: "4 groups or heads"),
        Impossible(inputShape: [4, 6], layers: [.selfAttention(heads: 4)], mention: "features of [4, 6]"),
        Impossible(inputShape: [6], layers: [.selfAttention(heads: 2)], mention: "self-attention needs a sequence"),
        Impossible(inputShape: [2, 2, 6], layers: [.lstm(units: 2)], mention: "lstm needs a sequence"),
        Impossible(inputShape: [6], layers: [.gru(units: 2)], mention: "gru needs a sequence"),
        Impossible(
            inputShape: [1 << 20, 1],
            layers: [.gru(units: 1 << 10, returns: .last)],
            mention: "holds more than"
        ),
        Impossible(inputShape: [4], layers: [.embedding(entries: 0, size: 2)], mention: "entries"),
        Impossible(inputShape: [3], layers: [.normalSampling], mention: "side by side and got [3]"),
        Impossible(inputShape: [3], layers: [.layerNormalisation(epsilon: 0)], mention: "epsilon"),
        Impossible(
            inputShape: [9, 4, 1],
            layers: [.residual([.maxPooling(size: 4, stride: 1)])],
            mention: "residual1"
        ),
    ]

    @Test(arguments: impossible)
    func `refuses layers that cannot be`(example: Impossible) throws {
        var generator = SeededGenerator(seed: 0)
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try Network(inputShape: example.inputShape, layers: example.layers, using: &generator)
        }
        #expect(error.code == .invalidLayer)
        #expect(error.message.contains(example.mention) && !error.remedy.isEmpty, "\(error)")
    }

    @Test(arguments: [Float(-1), 3, 0.5, .nan])
    func `refuses an index that its embedding does not have, alone and among many rows`(index: Float) throws {
        var generator = SeededGenerator(seed: 0)
        let network = try Network(inputShape: [2], layers: [.embedding(entries: 3, size: 64)], using: &generator)
        for rows in [1, 4_000] {
            var batch = Tensor<Float>(shape: [rows, 2], repeating: 2)
            #expect(try network(batch).shape == [rows, 2, 64])
            batch[2 * rows - 1] = index
            let error = try #require(throws: NeuralNetworkError.self) { _ = try network(batch) }
            #expect(error.code == .invalidIndex)
            #expect(error.message == "embedding1: the index \(index) is not one of 0 to 2")
        }
    }

    @Test func `refuses rows of another size`() throws {
        let network = try make()
        let error = try #require(throws: NeuralNetworkError.self) {
            _ = try network(Tensor(shape: [2, 35], repeating: 0))
        }
        #expect(error.code == .shapeMismatch && error.message.contains("[2, 35]"))
    }
}
