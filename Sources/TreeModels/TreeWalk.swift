import CTreeKernels
import Prediction

/// Sums the leaves that rows reach, many rows or many trees side by side.
///
/// A batch goes through in blocks of rows that fit into a near cache, each block through one tree after the other; the
/// rows of a tree, or for the last few rows the trees of a row, are walked eight at a time, so that one waits for memory
/// while others go on. Sums run in the order of the trees, which makes them the library's own to the last bit.
struct TreeWalk: Sendable {
    private static let lanes = Int(tree_lanes)
    /// A block's inputs, and its sums, take at most so many values: 128 KB of floats.
    private static let blockValues = 1 << 15

    private let ensemble: TreeEnsemble
    /// The roots of the plain trees, in order; the last one again until the lanes are full.
    private let plainRoots: [UInt32]
    private let blockRows: Int

    init(_ ensemble: TreeEnsemble) {
        self.ensemble = ensemble
        var roots = ensemble.trees.filter(\.isPlain).map { UInt32($0.nodes.lowerBound) }
        while let last = roots.last, roots.count % Self.lanes != 0 { roots.append(last) }
        plainRoots = roots
        let rows = Self.blockValues / max(ensemble.inputs, ensemble.outputs)
        blockRows = min(max(rows / Self.lanes, 1), 64) * Self.lanes
    }

    /// The margins of some rows.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, inputs]`.
    ///   - margins: Shape `[n, outputs]`; all are written.
    func margins(of rows: UnsafeBufferPointer<Float>, into margins: UnsafeMutableBufferPointer<Double>) {
        if ensemble.accumulatesInSinglePrecision {
            sum(rows, as: Float.self, into: margins)
        } else {
            sum(rows, as: Double.self, into: margins)
        }
    }

    @inline(__always)
    private func sum<Sum: BinaryFloatingPoint & BitwiseCopyable>(
        _ rows: UnsafeBufferPointer<Float>,
        as type: Sum.Type,
        into margins: UnsafeMutableBufferPointer<Double>
    ) {
        let count = rows.count / ensemble.inputs
        let full = count / Self.lanes * Self.lanes
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(blockRows, plainRoots.count)) { payloads in
            withUnsafeTemporaryAllocation(of: Sum.self, capacity: blockRows * ensemble.outputs) { sums in
                var first = 0
                while first < count {
                    let end = first < full ? min(first + blockRows, full) : first + 1
                    let block = UnsafeBufferPointer(rebasing: rows[first * ensemble.inputs..<end * ensemble.inputs])
                    let target = UnsafeMutableBufferPointer(
                        rebasing: margins[first * ensemble.outputs..<end * ensemble.outputs]
                    )
                    start(sums, rows: end - first)
                    if first < full {
                        addBlock(block, rows: end - first, payloads: payloads, to: sums)
                    } else {
                        addRow(block, payloads: payloads, to: sums)
                    }
                    for index in target.indices {
                        target.initializeElement(at: index, to: Double(sums[index]) / ensemble.divisor)
                    }
                    first = end
                }
            }
        }
    }

    @inline(__always)
    private func start<Sum: BinaryFloatingPoint>(_ sums: UnsafeMutableBufferPointer<Sum>, rows: Int) {
        for row in 0..<rows {
            for output in 0..<ensemble.outputs {
                sums.initializeElement(at: row * ensemble.outputs + output, to: Sum(ensemble.base[output]))
            }
        }
    }

    /// All trees over a block of rows, a whole number of lanes.
    @inline(__always)
    private func addBlock<Sum: BinaryFloatingPoint>(
        _ block: UnsafeBufferPointer<Float>,
        rows: Int,
        payloads: UnsafeMutableBufferPointer<UInt32>,
        to sums: UnsafeMutableBufferPointer<Sum>
    ) {
        let hasMissing: Int32 = block.contains(where: \.isNaN) ? 1 : 0
        withNodes { nodes in
            for tree in ensemble.trees {
                if tree.isPlain {
                    tree_walk_rows(
                        nodes,
                        UInt32(tree.nodes.lowerBound),
                        tree.depth,
                        block.baseAddress,
                        ensemble.inputs,
                        rows,
                        hasMissing,
                        payloads.baseAddress
                    )
                } else {
                    for row in 0..<rows { payloads[row] = payload(of: tree, row: row, of: block) }
                }
                if tree.width == 1, ensemble.linearLeaves.isEmpty {
                    ensemble.leafValues.withUnsafeBufferPointer { values in
                        var place = tree.output
                        for row in 0..<rows {
                            sums[place] += Sum(values[Int(payloads[row])])
                            place += ensemble.outputs
                        }
                    }
                } else {
                    for row in 0..<rows { add(tree, payload: payloads[row], row: row, of: block, to: sums) }
                }
            }
        }
    }

    /// All trees over one row.
    @inline(__always)
    private func addRow<Sum: BinaryFloatingPoint>(
        _ row: UnsafeBufferPointer<Float>,
        payloads: UnsafeMutableBufferPointer<UInt32>,
        to sums: UnsafeMutableBufferPointer<Sum>
    ) {
        withNodes { nodes in
            tree_walk_trees(nodes, plainRoots, plainRoots.count, row.baseAddress, payloads.baseAddress)
        }
        var plain = 0
        for tree in ensemble.trees {
            let payload = tree.isPlain ? payloads[plain] : payload(of: tree, row: 0, of: row)
            if tree.isPlain { plain += 1 }
            add(tree, payload: payload, row: 0, of: row, to: sums)
        }
    }

    /// Adds a leaf's values to a row's sums.
    @inline(__always)
    private func add<Sum: BinaryFloatingPoint>(
        _ tree: TreeEnsemble.Tree,
        payload: UInt32,
        row: Int,
        of block: UnsafeBufferPointer<Float>,
        to sums: UnsafeMutableBufferPointer<Sum>
    ) {
        let place = row * ensemble.outputs + tree.output
        for offset in 0..<tree.width {
            let index = Int(payload) + offset
            var value = ensemble.leafValues[index]
            if !ensemble.linearLeaves.isEmpty {
                value = ensemble.linearLeaves[index].value(of: block, at: row * ensemble.inputs) ?? value
            }
            sums[place + offset] += Sum(value)
        }
    }

    private func payload(of tree: TreeEnsemble.Tree, row: Int, of block: UnsafeBufferPointer<Float>) -> UInt32 {
        let values = UnsafeBufferPointer(rebasing: block[row * ensemble.inputs..<(row + 1) * ensemble.inputs])
        return UInt32(ensemble.values(ofLeaf: ensemble.leaf(of: tree, for: values), in: tree).lowerBound)
    }

    private func withNodes(_ body: (UnsafePointer<tree_node>) -> Void) {
        ensemble.nodes.withUnsafeBufferPointer { nodes in
            // The layout of the two is one: a test compares them.
            nodes.withMemoryRebound(to: tree_node.self) { nodes in
                if let base = nodes.baseAddress { body(base) }
            }
        }
    }
}

extension TreeEnsemble.LinearLeaf {
    /// The leaf's linear function, nil when one of its features is missing.
    fileprivate func value(of block: UnsafeBufferPointer<Float>, at start: Int) -> Double? {
        var value = constant
        for (feature, coefficient) in zip(features, coefficients) {
            let x = block[start + feature]
            guard !x.isNaN else { return nil }
            value += coefficient * Double(x)
        }
        return value
    }
}
