import LinearAlgebra
import Synchronization

/// The buffers of one run of a network: its graph with a differentiable input.
///
/// `@unchecked Sendable`: the pool hands it from thread to thread under its lock, and it is out of the pool while one uses
/// it, so no two threads have it at once.
final class Workspace: @unchecked Sendable {
    let graph = Graph()
    let input: Variable
    let output: Variable
    /// The outputs of the layers by name.
    let taps: [String: Variable]
    /// Where the present rows begin in the whole batch.
    private(set) var firstRow = 0

    init(inputShape: [Int], plan: [LayerPlan], buffer: WeightBuffer) throws(NeuralNetworkError) {
        input = graph.input(shape: inputShape, differentiable: true)
        var taps: [String: Variable] = [:]
        let source = Graph.WeightSource(values: buffer, gradients: nil)
        output = try graph.apply(plan, to: input, source) { plan, variable in taps[plan.name] = variable }
        self.taps = taps
    }

    func begin(_ rows: Range<Int>, from source: UnsafePointer<Float>) {
        firstRow = rows.lowerBound
        graph.begin(rows: rows.count)
        input.value.update(from: source, count: input.count(rows.count))
    }

    /// - Throws: `.invalidIndex` from an embedding.
    func forward(upTo variable: Variable) throws(NeuralNetworkError) {
        try Self.typed { try graph.run(upTo: variable) }
    }

    /// - Throws: Nothing that `forward` has not thrown.
    func backward(
        from variable: Variable,
        fill: (UnsafeMutableBufferPointer<Float>) -> Void
    ) throws(NeuralNetworkError) {
        try Self.typed { try graph.backward(from: variable, fill: fill) }
    }

    /// Only foreign mappings throw other errors, and a network has none.
    private static func typed(_ body: () throws -> Void) throws(NeuralNetworkError) {
        do {
            try body()
        } catch let error as NeuralNetworkError {
            throw error
        } catch {
            preconditionFailure("a network's own layers throw errors of this library: \(error)")
        }
    }
}

/// Workspaces of one network, made when needed and kept for the next run.
final class WorkspacePool: Sendable {
    /// What the values of one piece of a batch may take, in floats (16 MiB).
    private static let mostFloats = 4 << 20
    /// What a piece takes at least before another core is asked to help, in floats.
    private static let worthSplitting = 1 << 16

    private let inputShape: [Int]
    private let plan: [LayerPlan]
    private let buffer: WeightBuffer
    /// The fewest and the most rows of a piece.
    private let rowsPerPiece: ClosedRange<Int>
    private let free: Mutex<[Workspace]>

    init(inputShape: [Int], plan: [LayerPlan], buffer: WeightBuffer) throws(NeuralNetworkError) {
        self.inputShape = inputShape
        self.plan = plan
        self.buffer = buffer
        let first = try Workspace(inputShape: inputShape, plan: plan, buffer: buffer)
        let floatsPerRow = max(first.graph.floatsPerRow, 1)
        guard floatsPerRow <= Layer.largestRow else {
            throw NeuralNetworkError(
                .invalidLayer,
                "one row takes \(floatsPerRow) values in all layers together",
                remedy: "Choose smaller layers; the most is \(Layer.largestRow)"
            )
        }
        let most = min(max(Self.mostFloats / floatsPerRow, 1), 256)
        rowsPerPiece = min(Self.worthSplitting / floatsPerRow + 1, most)...most
        free = Mutex([first])
    }

    /// Cuts rows into pieces, spreads them over the cores and lends each a workspace.
    ///
    /// - Throws: What one of the pieces threw; the others may have run or not.
    func forEachPiece(
        of rows: Int,
        _ body: (Workspace, Range<Int>) throws(NeuralNetworkError) -> Void
    ) throws(NeuralNetworkError) {
        let share = (rows + Parallel.cores - 1) / Parallel.cores
        let size = min(max(share, rowsPerPiece.lowerBound), rowsPerPiece.upperBound)
        let pieces = (rows + size - 1) / size
        let failure = Mutex<NeuralNetworkError?>(nil)
        Parallel.rows(pieces) { range in
            let workspace = take()
            do throws(NeuralNetworkError) {
                for piece in range { try body(workspace, piece * size..<min((piece + 1) * size, rows)) }
            } catch {
                failure.withLock { $0 = error }
            }
            give(workspace)
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func take() -> Workspace {
        if let workspace = free.withLock({ $0.popLast() }) { return workspace }
        do {
            return try Workspace(inputShape: inputShape, plan: plan, buffer: buffer)
        } catch {
            preconditionFailure("a plan that made one workspace makes another: \(error)")
        }
    }

    private func give(_ workspace: Workspace) {
        free.withLock { if $0.count < Parallel.cores { $0.append(workspace) } }
    }
}
