import CTreeKernels
import Prediction
import Tensors
import TestSupport
import Testing
import TreeModels

@Suite struct `Walking trees side by side` {
    @Test func `takes nodes as they are laid out in Swift`() {
        typealias Node = TreeEnsemble.Node
        #expect(MemoryLayout<Node>.stride == MemoryLayout<tree_node>.stride)
        #expect(MemoryLayout<Node>.stride == 16)
        #expect(MemoryLayout<Node>.offset(of: \.threshold) == MemoryLayout<tree_node>.offset(of: \.threshold))
        #expect(MemoryLayout<Node>.offset(of: \.featureAndFlags) == MemoryLayout<tree_node>.offset(of: \.feature))
        #expect(MemoryLayout<Node>.offset(of: \.left) == MemoryLayout<tree_node>.offset(of: \.left))
        #expect(MemoryLayout<Node>.offset(of: \.payload) == MemoryLayout<tree_node>.offset(of: \.payload))
    }

    /// Random trees of any shape, some with categories, some that take zero for missing, with leaves of one or of all
    /// outputs.
    private func model(
        trees: Int,
        inputs: Int,
        outputs: Int,
        single: Bool,
        special: Bool,
        using generator: inout SplitMix
    ) throws -> TreeModel {
        var builder = try TreeEnsembleBuilder(inputs: inputs, outputs: outputs)
        let set = try builder.addCategories([0xF0F0_F0F0])
        for tree in 0..<trees {
            var nodes: [TreeEnsembleBuilder.SourceNode] = []
            // Each place that waits for a node becomes a split or a leaf.
            var waiting = 1
            let splits = Int.random(in: 0...40, using: &generator)
            let width = tree % 3 == 2 ? outputs : 1
            while waiting > 0 {
                let isSplit = nodes.count < splits && (waiting == 1 || Bool.random(using: &generator))
                guard isSplit else {
                    nodes.append(.leaf(values: nodes.count * width, cover: 1))
                    waiting -= 1
                    continue
                }
                let threshold = Float.random(in: -2...2, using: &generator)
                let kind = special ? Int.random(in: 0..<4, using: &generator) : 0
                let left = nodes.count + waiting
                nodes.append(
                    .split(
                        kind == 1
                            ? .inSet(set, beyondLeft: true)
                            : kind == 2 ? .atMostWithoutZero(threshold) : .atMost(threshold),
                        feature: Int.random(in: 0..<inputs, using: &generator),
                        left: left,
                        right: left + 1,
                        missingLeft: Bool.random(using: &generator),
                        cover: 1
                    )
                )
                waiting += 1
            }
            let values = (0..<nodes.count * width).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
            let output = width == 1 ? tree % outputs : 0
            try builder.addTree(nodes: nodes.count, output: output, width: width, values: values) { nodes[$0] }
        }
        let base = (0..<outputs).map { Double($0) }
        let ensemble = try builder.build(base: base, divisor: single ? 1 : 3, accumulatesInSinglePrecision: single)
        let description = ModelDescription(
            name: "random",
            version: "1",
            inputs: [ColumnDescription(name: "x", shape: [inputs])],
            outputs: [ColumnDescription(name: "y", shape: [outputs])]
        )
        return try TreeModel(description, ensemble: ensemble, transform: .identity)
    }

    @Test(arguments: [(true, false), (false, false), (true, true), (false, true)])
    func `gives what one walk after the other gives, for every size of batch`(single: Bool, special: Bool) throws {
        var generator = SplitMix(seed: 5)
        let inputs = 5
        for outputs in [1, 4] {
            let model = try model(
                trees: 37,
                inputs: inputs,
                outputs: outputs,
                single: single,
                special: special,
                using: &generator
            )
            let ensemble = model.ensemble
            for rows in [0, 1, 7, 8, 9, 63, 64, 65, 530, 1_041] {
                let x = Tensor<Float>(shape: [rows, inputs]) { target in
                    for index in target.indices {
                        let chance = Int.random(in: 0..<10, using: &generator)
                        let value: Float = chance == 0 ? .nan : chance == 1 ? 0 : .random(in: -3...3, using: &generator)
                        target.initializeElement(at: index, to: value)
                    }
                }
                let margins = try model.margins(of: x)
                #expect(margins.shape == [rows, outputs])
                for row in 0..<rows {
                    var sums = ensemble.base
                    x[row: row].withUnsafeBufferPointer { values in
                        for tree in ensemble.trees {
                            let leaf = ensemble.leaf(of: tree, for: values)
                            for (offset, index) in ensemble.values(ofLeaf: leaf, in: tree).enumerated() {
                                let sum = sums[tree.output + offset] + ensemble.leafValues[index]
                                sums[tree.output + offset] = single ? Double(Float(sum)) : sum
                            }
                        }
                    }
                    for output in 0..<outputs {
                        #expect(margins[row * outputs + output] == sums[output] / ensemble.divisor)
                    }
                }
            }
        }
    }

    @Test func `refuses rows of another width`() throws {
        var generator = SplitMix(seed: 1)
        let model = try model(trees: 1, inputs: 5, outputs: 1, single: true, special: false, using: &generator)
        let error = try #require(throws: PredictionError.self) {
            try model.predict(Tensor<Float>(shape: [2, 4], repeating: 0))
        }
        #expect(error.code == .shapeMismatch && error.message.contains("[4]") && error.message.contains("takes 5"))
    }
}
