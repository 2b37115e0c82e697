import CLayerKernels

/// A table in which some entries are replaced by others.
final class Scattering: Operation {
    private let x: Variable
    private let indices: Variable
    private let base: Variable
    let output: Variable
    private let entries: Int
    private let entrySize: Int

    /// - Parameters:
    ///   - x: `indices.shape + […]`.
    ///   - base: `[entries, …]`.
    init(_ x: Variable, at indices: Variable, into base: Variable, in graph: Graph) {
        self.x = x
        self.indices = indices
        self.base = base
        entries = base.shape[0]
        entrySize = base.size / base.shape[0]
        output = graph.output(shape: base.shape, of: [x, indices, base])
    }

    var inputs: [Variable] { [x, indices, base] }

    func forward(_ pass: Pass) throws {
        output.value.update(from: base.value, count: base.count(pass.rows))
        for row in 0..<pass.rows {
            for position in 0..<indices.size {
                let entry = try place(row, position)
                (output.value + entry).update(from: x.value + source(row, position), count: entrySize)
            }
        }
    }

    func backward(_ pass: Pass) throws {
        if indices.needsGradient, !indices.accumulates {
            indices.gradient.update(repeating: 0, count: indices.count(pass.rows))
        }
        if x.needsGradient, !x.accumulates { x.gradient.update(repeating: 0, count: x.count(pass.rows)) }
        if base.needsGradient {
            layer_scale(output.gradient, base.gradient, base.count(pass.rows), 1, base.accumulateFlag)
        }
        for row in 0..<pass.rows {
            for position in 0..<indices.size where try isLast(row, position) {
                let entry = try place(row, position)
                let dy = output.gradient + entry
                if x.needsGradient { layer_scale(dy, x.gradient + source(row, position), entrySize, 1, 1) }
                if base.needsGradient { layer_scale(dy, base.gradient + entry, entrySize, -1, 1) }
            }
        }
    }

    private func source(_ row: Int, _ position: Int) -> Int { (row * indices.size + position) * entrySize }

    private func place(_ row: Int, _ position: Int) throws(NeuralNetworkError) -> Int {
        let value = indices.value[(indices.isPerRow ? row * indices.size : 0) + position]
        return (row * entries + (try Int(index: value, below: entries, "scatter"))) * entrySize
    }

    /// Whether no later index of the row is the same.
    private func isLast(_ row: Int, _ position: Int) throws(NeuralNetworkError) -> Bool {
        let entry = try place(row, position)
        for later in position + 1..<max(indices.size, position + 1) where try place(row, later) == entry {
            return false
        }
        return true
    }
}
