/// One run of a network forwards, up to its output or up to one layer, in memory that is lent for the run.
///
/// `@unchecked Sendable`: the pool hands it from thread to thread under its lock, and it is out of the pool while one uses
/// it, so no two threads have it at once.
final class ForwardWorkspace: @unchecked Sendable {
    private let graph = Graph()
    private let input: Variable
    /// What is computed.
    private let result: Variable

    /// - Parameter layer: The layer whose values are wanted; `nil` for the last one's.
    init(inputShape: [Int], plan: [LayerPlan], values: any WeightValues, upTo layer: String?) throws(NeuralNetworkError)
    {
        input = graph.input(shape: inputShape)
        let source = Graph.WeightSource(values: values, gradients: nil, folding: .allowed(keeping: layer))
        var found: Variable?
        let output = try graph.apply(plan, to: input, source) { plan, variable in
            if plan.name == layer { found = variable }
        }
        result = found ?? output
    }

    /// The floats that one row takes in all values together.
    var floatsPerRow: Int { graph.floatsPerRow }

    /// Computes some rows and writes their results.
    ///
    /// - Throws: `.invalidIndex` from an embedding.
    func run(
        _ rows: Int,
        from source: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>
    ) throws(NeuralNetworkError) {
        let memory = LentMemory.shared.take()
        defer { LentMemory.shared.give(memory) }
        graph.begin(rows: rows, in: memory, keeping: result)
        input.value.update(from: source, count: input.count(rows))
        try NeuralNetworkError.typed { try graph.run(upTo: result) }
        target.update(from: result.value, count: result.count(rows))
    }
}

extension NeuralNetworkError {
    /// Runs layers of a network: only foreign mappings throw other errors, and a network has none.
    static func typed(_ body: () throws -> Void) throws(NeuralNetworkError) {
        do {
            try body()
        } catch let error as NeuralNetworkError {
            throw error
        } catch {
            preconditionFailure("a network's own layers throw errors of this library: \(error)")
        }
    }
}
