import Prediction
import Testing

@Suite struct `Tree ensemble` {
    typealias Node = TreeEnsembleBuilder.SourceNode

    private func split(_ feature: Int, _ threshold: Float, _ left: Int, _ right: Int, missingLeft: Bool = false) -> Node
    {
        .split(.atMost(threshold), feature: feature, left: left, right: right, missingLeft: missingLeft, cover: 2)
    }

    /// Leaf number *i* of a tree has the value *i*.
    private func ensemble(_ nodes: [Node], inputs: Int = 2) throws(PredictionError) -> TreeEnsemble {
        var builder = try TreeEnsembleBuilder(inputs: inputs, outputs: 1)
        try builder.addTree(nodes: nodes.count, output: 0, values: (0..<nodes.count).map(Double.init)) { nodes[$0] }
        return try builder.build(base: [0])
    }

    private func value(_ ensemble: TreeEnsemble, _ row: [Float]) -> Double {
        let tree = ensemble.trees[0]
        let leaf = row.withUnsafeBufferPointer { ensemble.leaf(of: tree, for: $0) }
        return ensemble.leafValues[ensemble.values(ofLeaf: leaf, in: tree).lowerBound]
    }

    private func leaf(_ value: Int) -> Node { .leaf(values: value, cover: 1) }

    @Test func `lays a tree out breadth first with children side by side`() throws {
        // The file has its nodes in another order: 0 → (3, 1), 3 → (4, 2).
        let ensemble = try ensemble([split(0, 5, 3, 1), leaf(1), leaf(2), split(1, 7, 4, 2), leaf(4)])
        #expect(ensemble.nodes.count == 5 && ensemble.trees[0].nodes == 0..<5 && ensemble.trees[0].depth == 2)
        #expect(ensemble.children(of: 0) == (1, 2))
        #expect(ensemble.children(of: 1) == (3, 4))
        #expect([2, 3, 4].allSatisfy { ensemble.isLeaf($0) } && !ensemble.isLeaf(0) && !ensemble.isLeaf(1))
        #expect(ensemble.covers == [2, 2, 1, 1, 1])
        #expect(value(ensemble, [5, 7]) == 4)
        #expect(value(ensemble, [5, 7.1]) == 2)
        #expect(value(ensemble, [5.1, 7]) == 1)
    }

    @Test func `sends what is missing where the split says`() throws {
        #expect(value(try ensemble([split(0, 5, 1, 2), leaf(1), leaf(2)]), [.nan, 0]) == 2)
        #expect(value(try ensemble([split(0, 5, 1, 2, missingLeft: true), leaf(1), leaf(2)]), [.nan, 0]) == 1)
    }

    @Test func `takes zero for missing where the split says so`() throws {
        let node = Node.split(.atMostWithoutZero(5), feature: 0, left: 1, right: 2, missingLeft: false, cover: 0)
        let ensemble = try ensemble([node, leaf(1), leaf(2)])
        #expect(value(ensemble, [0, 0]) == 2 && value(ensemble, [-1e-35, 0]) == 2 && value(ensemble, [.nan, 0]) == 2)
        #expect(value(ensemble, [1e-34, 0]) == 1 && value(ensemble, [-1, 0]) == 1)
        #expect(ensemble.takesZeroForMissing(at: 0))
    }

    @Test(arguments: [true, false])
    func `knows categories by their bits, and what lies outside by its flag`(beyondLeft: Bool) throws {
        var builder = try TreeEnsembleBuilder(inputs: 1, outputs: 1)
        let set = try builder.addCategories([0b101, 1 << 31], from: 32)
        try builder.addTree(nodes: 3, output: 0, values: [0, 1, 2]) { node in
            node == 0
                ? .split(
                    .inSet(set, beyondLeft: beyondLeft),
                    feature: 0,
                    left: 1,
                    right: 2,
                    missingLeft: !beyondLeft,
                    cover: 0
                ) : .leaf(values: node, cover: 0)
        }
        let ensemble = try builder.build(base: [0])
        #expect(ensemble.leftCategories(at: 0) == [32, 34, 95])
        for (category, goesLeft) in [(32, true), (33, false), (34.9, true), (95, true), (94, false)] as [(Float, Bool)]
        {
            #expect(ensemble.goesLeft(category, at: 0) == goesLeft, "\(category)")
        }
        for category in [-1, 0, 31, 96, 1e9, 3e9, .infinity, -.infinity] as [Float] {
            #expect(ensemble.goesLeft(category, at: 0) == beyondLeft, "\(category)")
        }
        #expect(ensemble.goesLeft(.nan, at: 0) == !beyondLeft)
    }

    @Test func `holds a chain of 100,000 splits without recursion`() throws {
        let count = 100_000
        let nodes = (0..<count).flatMap { [split(0, Float($0), $0 * 2 + 1, $0 * 2 + 2), leaf($0 * 2 + 1)] } + [leaf(0)]
        let ensemble = try ensemble(nodes)
        #expect(ensemble.trees[0].depth == count)
        #expect(value(ensemble, [.infinity, 0]) == 0)
    }

    @Test func `leaves out nodes that no way leads to`() throws {
        let ensemble = try ensemble([split(0, 5, 1, 2), leaf(1), leaf(2), leaf(3), split(9, 1, 0, 0)])
        #expect(ensemble.nodes.count == 3 && ensemble.leafValues == [1, 2])
    }

    @Test func `refuses what could not be walked, and names tree and node`() throws {
        let wrong: [([Node], String)] = [
            ([split(0, 1, 0, 1), leaf(1)], "tree 0, node 0 leads to node 0, which is reached twice"),
            ([split(0, 1, 1, 1), leaf(1)], "node 0 leads to node 1, which is reached twice"),
            ([split(0, 1, 1, 2), split(0, 1, 2, 0), leaf(2)], "node 1 leads to node 2, which is reached twice"),
            ([split(0, 1, 1, 3), leaf(1), leaf(2)], "node 0 leads to node 3 of 3"),
            ([split(0, 1, -1, 1), leaf(1)], "node 0 leads to node -1 of 2"),
            ([split(2, 1, 1, 2), leaf(1), leaf(2)], "node 0 splits on feature 2 of 2"),
            ([split(-1, 1, 1, 2), leaf(1), leaf(2)], "node 0 splits on feature -1 of 2"),
            ([split(0, 1, 1, 2), leaf(1), leaf(3)], "node 2 has no value"),
            (
                [
                    .split(.inSet(0, beyondLeft: true), feature: 0, left: 1, right: 2, missingLeft: true, cover: 0),
                    leaf(1),
                    leaf(2),
                ], "node 0 has no categories"
            ),
        ]
        for (nodes, message) in wrong {
            let error = try #require(throws: PredictionError.self) { try ensemble(nodes) }
            #expect(error.code == .invalidModel && error.message.contains(message), "\(error)")
        }
    }

    @Test func `refuses values that are not finite, and outputs that no tree reaches`() throws {
        var builder = try TreeEnsembleBuilder(inputs: 1, outputs: 3)
        let error = try #require(throws: PredictionError.self) {
            try builder.addTree(nodes: 1, output: 0, values: [.infinity]) { _ in .leaf(values: 0, cover: 0) }
        }
        #expect(error.message == "tree 0, node 0 has the leaf value inf")
        #expect(throws: PredictionError.self) {
            try builder.addTree(nodes: 1, output: 2, width: 2, values: [0, 0]) { _ in .leaf(values: 0, cover: 0) }
        }
        var small = try TreeEnsembleBuilder(inputs: 1, outputs: 3)
        try small.addTree(nodes: 1, output: 0, values: [1]) { _ in .leaf(values: 0, cover: 0) }
        #expect(throws: PredictionError.self) { try small.build(base: [0, 0, 0]) }
        #expect(throws: PredictionError.self) { try TreeEnsembleBuilder(inputs: 0, outputs: 1) }
        #expect(throws: PredictionError.self) { try TreeEnsembleBuilder(inputs: 1, outputs: 1 << 40) }
    }
}
