import Prediction
import Tensors
import TestSupport
import Testing
import TreeModels

/// What every model's own library says of real rows, missing values and values from far away among them.
@Suite struct `Agreement with the libraries` {
    /// A float holds 24 bits, 6e-8 of a value; the demand is 1e-6 of it, or of 1 for values below.
    private func isClose(_ value: Double, _ expected: Double) -> Bool {
        TestSupport.isClose(value, expected, absolute: 1e-6, relative: 1e-6)
    }

    @Test func `has all references`() {
        #expect(Reference.all.count { $0.kind == .xgboost } == 38)
        #expect(Reference.all.count { $0.kind == .lightgbm } == 27)
        #expect(Reference.all.count { $0.kind == .scikitLearn } == 29)
    }

    @Test(arguments: Reference.all)
    func `outputs are the library's to 1e-6`(reference: Reference) throws {
        let predictor = try reference.predictor()
        let (x, expected, _) = try reference.values()
        let outputs = try predictor.predict(x)
        #expect(x.rows >= 20)
        // The libraries say of two classes the second's probability alone.
        let single = expected.elementsPerRow == 1 && outputs.elementsPerRow == 2
        #expect(outputs.shape == [x.rows, single ? 2 : expected.elementsPerRow])
        for row in 0..<x.rows {
            for output in 0..<outputs.elementsPerRow {
                let value = Double(outputs[row * outputs.elementsPerRow + output])
                let wanted =
                    single
                    ? (output == 1 ? expected[row] : 1 - expected[row])
                    : expected[row * outputs.elementsPerRow + output]
                #expect(isClose(value, wanted), "row \(row), output \(output): \(value), and \(wanted) is expected")
            }
        }
    }

    @Test(arguments: Reference.all)
    func `margins are the library's`(reference: Reference) throws {
        let (x, _, expected) = try reference.values()
        guard let expected else { return }
        let predictor = try reference.predictor()
        let margins =
            if let trees = predictor as? TreeModel { try trees.margins(of: x) } else {
                try (predictor as? LinearModel)?.margins(of: x)
            }
        let values = try #require(margins)
        #expect(values.shape == expected.shape)
        for index in 0..<expected.count {
            #expect(isClose(values[index], expected[index]), "\(values[index]), and \(expected[index]) is expected")
        }
    }

    @Test(arguments: Reference.all)
    func `a row alone is answered as in a batch`(reference: Reference) throws {
        let predictor = try reference.predictor()
        let (x, _, _) = try reference.values()
        let together = try predictor.predict(x)
        for row in 0..<x.rows {
            let alone = try predictor.predict(x.rows(row..<row + 1))
            #expect(alone.elements.map(\.bitPattern) == together.rows(row..<row + 1).elements.map(\.bitPattern))
        }
        #expect(try predictor.predict(x.rows(0..<0)).shape == [0, together.elementsPerRow])
    }

    @Test(arguments: Reference.all)
    func `trees walked from outside give the same margins`(reference: Reference) throws {
        guard let model = try reference.predictor() as? any TreePredictor else { return }
        let ensemble = model.ensemble
        guard ensemble.linearLeaves.isEmpty else { return }
        let (x, _, _) = try reference.values()
        let margins = try model.margins(of: x)
        for row in 0..<x.rows {
            var sums = ensemble.base
            x[row: row].withUnsafeBufferPointer { values in
                for tree in ensemble.trees {
                    let leaf = ensemble.leaf(of: tree, for: values)
                    for (offset, index) in ensemble.values(ofLeaf: leaf, in: tree).enumerated() {
                        sums[tree.output + offset] += ensemble.leafValues[index]
                    }
                }
            }
            for output in 0..<ensemble.outputs {
                #expect(isClose(sums[output] / ensemble.divisor, margins[row * ensemble.outputs + output]))
            }
        }
    }

    @Test(arguments: Reference.all)
    func `covers add up from the leaves to the root`(reference: Reference) throws {
        guard let ensemble = (try reference.predictor() as? any TreePredictor)?.ensemble else { return }
        for tree in ensemble.trees where tree.depth > 0 {
            // XGBoost wrote none for trees with vectors before 3.1.
            let isKnown = reference.name != "xgboost-2.1-target-vectors"
            #expect((ensemble.covers[tree.nodes.lowerBound] > 0) == isKnown)
            for node in tree.nodes where !ensemble.isLeaf(node) {
                let (left, right) = ensemble.children(of: node)
                let sum = ensemble.covers[left] + ensemble.covers[right]
                // XGBoost sums Hessians in 32 bits.
                #expect(
                    abs(sum - ensemble.covers[node]) <= 1e-4 * sum,
                    "node \(node): \(ensemble.covers[node]), \(sum)"
                )
            }
        }
    }
}
