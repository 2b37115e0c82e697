import NeuralNetworks
import Statistics
import Tensors
import Testing

@Suite struct `Losses` {
    /// A loss of two inputs, as the graph records it.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let record: @Sendable (Graph, Variable, Variable) throws -> Variable

        init(_ name: String, _ record: @escaping @Sendable (Graph, Variable, Variable) throws -> Variable) {
            testDescription = name
            self.record = record
        }
    }

    /// Each with a second input that it can be differentiated by, too.
    static let cases = [
        Case("mean squared error") { try $0.meanSquaredError($1, target: $2) },
        Case("binary cross-entropy") { try $0.binaryCrossEntropy($1, target: $2) },
        Case("divergence") { graph, x, y in
            let (p, q) = (graph.activation(.softmax, of: x), graph.activation(.softmax, of: y))
            return try graph.divergence(of: p, from: q)
        },
        Case("tempered divergence") { graph, x, y in
            let (p, q) = (graph.activation(.softmax, of: x), graph.activation(.softmax, of: y))
            return try graph.divergence(
                of: graph.tempered(p, temperature: 2),
                from: graph.tempered(q, temperature: 2)
            )
        },
        Case("mean absolute error") { try $0.meanAbsoluteError($1, target: $2) },
        Case("Huber loss") { try $0.huberLoss($1, target: $2, delta: 0.7) },
        Case("squared error per row") { try $0.meanSquaredError($1, target: $2, reduction: .rowSums) },
        Case("Gaussian likelihood") { graph, x, y in
            try graph.gaussianNegativeLogLikelihood(mean: x, logVariance: y, target: graph.affine(x, factor: -0.5))
        },
        Case("divergence from the standard normal") { try $0.normalDivergence(mean: $1, logVariance: $2) },
        Case("triplet loss") { graph, x, y in
            try graph.tripletLoss(anchor: x, positive: y, negative: graph.affine(x, factor: 0.8), margin: 3)
        },
        Case("a sum in which both appear twice") { graph, x, y in
            let first = try graph.meanSquaredError(x, target: y)
            let second = try graph.binaryCrossEntropy(x, target: y)
            return graph.weightedSum([(0.25, first), (2, second)])
        },
    ]

    @Test(arguments: cases)
    func `have the gradient of finite differences`(example: Case) throws {
        var generator = SeededGenerator(seed: 8)
        let shape = [3, 4]
        let values = [Tensor<Float>.normal(shape, &generator), .normal(shape, &generator)]
        let graph = Graph()
        let inputs = [graph.input(shape: [4], differentiable: true), graph.input(shape: [4], differentiable: true)]
        let loss = try example.record(graph, inputs[0], inputs[1])
        func run(_ values: [Tensor<Float>]) throws -> Double {
            graph.begin(rows: 3)
            for (value, input) in zip(values, inputs) { try graph.write(value, to: input) }
            try graph.run()
            return Double(graph.value(of: loss)[0])
        }
        _ = try run(values)
        try graph.backward(from: loss)
        let analytic = inputs.flatMap { graph.gradient(of: $0).elements.map(Double.init) }
        var numeric: [Double] = []
        for which in 0..<2 {
            for index in 0..<values[which].count {
                let losses = try [Float(4e-3), -4e-3].map { change in
                    var values = values
                    values[which][index] += change
                    return try run(values)
                }
                numeric.append((losses[0] - losses[1]) / 8e-3)
            }
        }
        #expect(distance(analytic, numeric) < 2e-3)
    }

    @Test(arguments: [Float(0), 0.1])
    func `softmax cross-entropy has the value and gradient of its formula`(smoothing: Float) throws {
        let logits: [Float] = [1, 2, 0.5, -1, 0, 300]
        let labels: [Float] = [1, 0]
        let graph = Graph()
        let x = graph.input(shape: [3], differentiable: true)
        let y = graph.input(shape: [])
        let loss = try graph.softmaxCrossEntropy(x, labels: y, smoothing: smoothing)
        graph.begin(rows: 2)
        try graph.write(Tensor(shape: [2, 3], elements: logits), to: x)
        try graph.write(Tensor(shape: [2], elements: labels), to: y)
        try graph.run()
        try graph.backward(from: loss)

        // Row 1: logsumexp(1, 2, 0.5) = 2.464366; row 2: logsumexp(−1, 0, 300) = 300.
        let s = Double(smoothing)
        let first = 2.464366 - ((1 - s) * 2 + s * 3.5 / 3)
        let second = 300 - ((1 - s) * -1 + s * 299 / 3)
        #expect(abs(Double(graph.value(of: loss)[0]) - (first + second) / 2) < 1e-3)
        // (softmax − target) / rows: softmax of row 1 is (0.231224, 0.628532, 0.140244).
        let gradient = graph.gradient(of: x).elements
        #expect(abs(Double(gradient[1]) - (0.628532 - (1 - s) - s / 3) / 2) < 1e-6)
        #expect(abs(Double(gradient[5]) - (1 - s / 3) / 2) < 1e-6)
    }

    @Test func `known values`() throws {
        func value(_ record: (Graph, Variable, Variable) throws -> Variable, _ a: [Float], _ b: [Float]) throws -> Float
        {
            let graph = Graph()
            let inputs = [graph.input(shape: [2]), graph.input(shape: [2])]
            let loss = try record(graph, inputs[0], inputs[1])
            graph.begin(rows: 1)
            try graph.write(Tensor(shape: [1, 2], elements: a), to: inputs[0])
            try graph.write(Tensor(shape: [1, 2], elements: b), to: inputs[1])
            try graph.run()
            return graph.value(of: loss)[0]
        }
        #expect(try value({ try $0.meanSquaredError($1, target: $2) }, [1, 2], [3, 1]) == 2.5)
        // log 2 for an undecided logit; a logit of 200 against 0 costs 200 and not infinity.
        let binary = try value({ try $0.binaryCrossEntropy($1, target: $2) }, [0, 200], [1, 0])
        #expect(abs(binary - (0.6931472 + 200) / 2) < 1e-4)
        // 0.5 log(0.5 / 0.25) + 0.5 log(0.5 / 0.75) = 0.143841.
        let divergence = try value({ try $0.divergence(of: $1, from: $2) }, [0.5, 0.5], [0.25, 0.75])
        #expect(abs(divergence - 0.143841) < 1e-5)
        // A class that q rules out counts as 1e-7: log(1 / 1e-7) = 16.118.
        let ruledOut = try value({ try $0.divergence(of: $1, from: $2) }, [1, 0], [0, 1])
        #expect(abs(ruledOut - 16.118) < 1e-2)
        // Temperature 2 turns (0.8, 0.2) into (2/3, 1/3): the roots are 2 to 1.
        let tempered = try value(
            { graph, p, _ in graph.weightedSum([(1, graph.tempered(p, temperature: 2))]) },
            [0.8, 0.2],
            [0, 0]
        )
        #expect(abs(tempered - 2.0 / 3) < 1e-6)
    }
}
