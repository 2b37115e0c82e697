import CLayerKernels

/// Rows of a table by their indices: an embedding of words, or a choice of entries.
///
/// The table is `[entries, …]`, shared by all rows of the batch or one per row; an index is a whole number from 0, kept
/// as a float as all values are.
final class Gather: Operation {
    let table: Variable
    let indices: Variable
    let output: Variable
    private let name: String
    private let entries: Int
    private let entrySize: Int

    /// - Parameter name: What errors call it.
    init(_ table: Variable, at indices: Variable, name: String, in graph: Graph) {
        self.table = table
        self.indices = indices
        self.name = name
        entries = table.shape[0]
        entrySize = table.shape.dropFirst().reduce(1, *)
        output = graph.output(
            shape: indices.shape + table.shape.dropFirst(),
            isPerRow: indices.isPerRow || table.isPerRow,
            of: [table, indices]
        )
    }

    var inputs: [Variable] { [table, indices] }

    func forward(_ pass: Pass) throws {
        try forEachIndex(pass) { entry, target in
            (output.value + target).update(from: table.value + entry, count: entrySize)
        }
    }

    func backward(_ pass: Pass) throws {
        // A step has no slope: an index may be differentiable in name only.
        if indices.needsGradient, !indices.accumulates {
            indices.gradient.update(repeating: 0, count: indices.count(pass.rows))
        }
        guard table.needsGradient else { return }
        if !table.accumulates { table.gradient.update(repeating: 0, count: table.count(pass.rows)) }
        try forEachIndex(pass) { entry, target in
            layer_scale(output.gradient + target, table.gradient + entry, entrySize, 1, 1)
        }
    }

    /// Calls `body` with the place of each entry in the table and in the output.
    private func forEachIndex(_ pass: Pass, _ body: (_ entry: Int, _ target: Int) -> Void) throws(NeuralNetworkError) {
        let blocks = output.isPerRow ? pass.rows : 1
        for row in 0..<blocks {
            let first = indices.value + (indices.isPerRow ? row * indices.size : 0)
            let start = table.isPerRow ? row * entries : 0
            for position in 0..<indices.size {
                let index = try Int(index: first[position], below: entries, name)
                body((start + index) * entrySize, (row * indices.size + position) * entrySize)
            }
        }
    }
}

/// Entries added up under their indices, `output[index[i]] += x[i]` from zeros: the transpose of `Gather`.
final class ScatterAddition: Operation {
    let x: Variable
    let indices: Variable
    let output: Variable
    private let entries: Int
    private let entrySize: Int

    /// - Parameters:
    ///   - x: `indices.shape + […]`.
    ///   - entries: The length of the output's first axis.
    init(_ x: Variable, at indices: Variable, entries: Int, in graph: Graph) {
        self.x = x
        self.indices = indices
        self.entries = entries
        let entry = x.shape.dropFirst(indices.shape.count)
        entrySize = entry.reduce(1, *)
        output = graph.output(shape: [entries] + entry, of: [x, indices])
    }

    var inputs: [Variable] { [x, indices] }

    func forward(_ pass: Pass) throws {
        output.value.update(repeating: 0, count: output.count(pass.rows))
        try forEachIndex(pass) { source, entry in
            layer_scale(x.value + source, output.value + entry, entrySize, 1, 1)
        }
    }

    func backward(_ pass: Pass) throws {
        if indices.needsGradient, !indices.accumulates {
            indices.gradient.update(repeating: 0, count: indices.count(pass.rows))
        }
        guard x.needsGradient else { return }
        try forEachIndex(pass) { source, entry in
            layer_scale(output.gradient + entry, x.gradient + source, entrySize, 1, x.accumulateFlag)
        }
    }

    private func forEachIndex(_ pass: Pass, _ body: (_ source: Int, _ entry: Int) -> Void) throws(NeuralNetworkError) {
        for row in 0..<pass.rows {
            let first = indices.value + (indices.isPerRow ? row * indices.size : 0)
            for position in 0..<indices.size {
                let index = try Int(index: first[position], below: entries, "scatterAdd")
                body((row * indices.size + position) * entrySize, (row * entries + index) * entrySize)
            }
        }
    }
}

extension Int {
    /// A value as an index.
    ///
    /// - Throws: `.invalidIndex` naming the operation when it is not a whole number from 0 to below `count`.
    init(index value: Float, below count: Int, _ name: String) throws(NeuralNetworkError) {
        guard let index = Int(exactly: value), 0..<count ~= index else {
            throw NeuralNetworkError(
                .invalidIndex,
                "\(name): the index \(value) is not one of 0 to \(count - 1)",
                remedy: "Give whole numbers from 0 to \(count - 1)"
            )
        }
        self = index
    }
}
