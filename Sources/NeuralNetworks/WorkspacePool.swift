import LinearAlgebra
import Synchronization

/// The buffers of one run of a network forwards and back: its graph with a differentiable input.
///
/// `@unchecked Sendable`: the pool hands it from thread to thread under its lock, and it is out of the pool while one uses
/// it, so no two threads have it at once.
final class GradientWorkspace: @unchecked Sendable {
    let graph = Graph()
    let input: Variable
    let output: Variable
    init(inputShape: [Int], plan: [LayerPlan], values: any WeightValues) throws(NeuralNetworkError) {
        input = graph.input(shape: inputShape, differentiable: true)
        output = try graph.apply(plan, to: input, Graph.WeightSource(values: values, gradients: nil))
    }

    /// Computes the outputs of some rows.
    ///
    /// - Throws: `.invalidIndex` from an embedding.
    func forward(_ rows: Int, from source: UnsafePointer<Float>) throws(NeuralNetworkError) {
        graph.begin(rows: rows)
        input.value.update(from: source, count: input.count(rows))
        try NeuralNetworkError.typed { try graph.run(upTo: output) }
    }

    /// - Throws: Nothing that `forward` has not thrown.
    func backward(fill: (UnsafeMutableBufferPointer<Float>) -> Void) throws(NeuralNetworkError) {
        try NeuralNetworkError.typed { try graph.backward(from: output, fill: fill) }
    }
}

/// Workspaces of one network, made when needed and kept for the next run.
final class WorkspacePool<Workspace: AnyObject & Sendable>: Sendable {
    /// How many are kept; more are made when more threads ask at once, and let go afterwards.
    private static var mostKept: Int { 16 }

    private let pieces: RowPieces
    private let make: @Sendable () throws(NeuralNetworkError) -> Workspace
    private let free: Mutex<[Workspace]>

    /// - Parameters:
    ///   - first: The first workspace.
    ///   - make: Makes another one like it.
    init(
        _ pieces: RowPieces,
        first: Workspace,
        make: @escaping @Sendable () throws(NeuralNetworkError) -> Workspace
    ) {
        self.pieces = pieces
        self.make = make
        free = Mutex([first])
    }

    /// Cuts rows into pieces, spreads them over the cores and lends each a workspace.
    ///
    /// - Throws: What one of the pieces threw; the others may have run or not.
    func forEachPiece(
        of rows: Int,
        _ body: (Workspace, Range<Int>) throws(NeuralNetworkError) -> Void
    ) throws(NeuralNetworkError) {
        let size = pieces.size(of: rows)
        let count = (rows + size - 1) / size
        let failure = Mutex<NeuralNetworkError?>(nil)
        Parallel.rows(count) { range in
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
            return try make()
        } catch {
            preconditionFailure("a plan that made one workspace makes another: \(error)")
        }
    }

    private func give(_ workspace: Workspace) {
        free.withLock { if $0.count < Self.mostKept { $0.append(workspace) } }
    }
}

/// How a batch is cut into pieces.
struct RowPieces: Sendable {
    /// What the values of one piece may take, in floats (16 MiB).
    private static let mostFloats = 4 << 20
    /// What a piece takes at least before another core is asked to help, in floats.
    private static let worthSplitting = 1 << 16

    /// The fewest and the most rows of a piece.
    private let rowsPerPiece: ClosedRange<Int>

    /// - Throws: `.invalidLayer` when one row takes more than a network may.
    init(floatsPerRow: Int) throws(NeuralNetworkError) {
        let floatsPerRow = max(floatsPerRow, 1)
        guard floatsPerRow <= Layer.largestRow else {
            throw NeuralNetworkError(
                .invalidLayer,
                "one row takes \(floatsPerRow) values in all layers together",
                remedy: "Choose smaller layers; the most is \(Layer.largestRow)"
            )
        }
        let most = min(max(Self.mostFloats / floatsPerRow, 1), 256)
        rowsPerPiece = min(Self.worthSplitting / floatsPerRow + 1, most)...most
    }

    /// The rows of one piece of a batch.
    func size(of rows: Int) -> Int {
        let share = (rows + Parallel.cores - 1) / Parallel.cores
        return min(max(share, rowsPerPiece.lowerBound), rowsPerPiece.upperBound)
    }
}
