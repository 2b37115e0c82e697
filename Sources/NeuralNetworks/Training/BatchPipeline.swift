import Dispatch
import Synchronization

/// Prepares batches on a thread of its own, ahead of the steps that use them.
///
/// It is at most `depth` batches ahead and then waits. Batches come in their order and are the same as if they had been
/// prepared when they were needed.
final class BatchPipeline {
    /// Batches that are ready or in work, at most.
    static let depth = 3

    private let preparation: BatchPreparation
    private let batchSize: Int
    private let queue = DispatchQueue(label: "vedette.batches", qos: .userInitiated)
    private let inputs: [WeightBuffer]
    private let targets: [WeightBuffer]

    init(_ preparation: BatchPreparation, batchSize: Int) {
        self.preparation = preparation
        self.batchSize = batchSize
        inputs = (0..<Self.depth).map { _ in WeightBuffer(count: batchSize * preparation.inputSize) }
        targets = (0..<Self.depth).map { _ in WeightBuffer(count: batchSize * preparation.targetSize) }
    }

    /// Calls `body` with each batch of an epoch, in order, on the caller's thread.
    ///
    /// When `body` throws, the preparing thread is told to stop and has stopped before the error goes on.
    func forEachBatch(
        of order: [Int],
        epoch: Int,
        _ body: (
            _ rows: ArraySlice<Int>, _ inputs: UnsafePointer<Float>, _ targets: UnsafePointer<Float>
        ) throws -> Void
    ) rethrows {
        let batches = order.batches(of: batchSize)
        let gate = Gate()
        // The buffers of a slot belong to the preparing thread between `free` and `ready`, to the caller otherwise.
        queue.async { [preparation, inputs, targets] in
            for (index, rows) in batches.enumerated() {
                gate.free.wait()
                guard !gate.isClosed else { break }
                let slot = index % Self.depth
                preparation.inputs(rows, epoch: epoch, into: inputs[slot].base)
                preparation.targets(rows, into: targets[slot].base)
                gate.ready.signal()
            }
        }
        defer {
            gate.close()
            queue.sync {}
        }
        for _ in 0..<Self.depth { gate.free.signal() }
        for (index, rows) in batches.enumerated() {
            gate.ready.wait()
            let slot = index % Self.depth
            try body(rows, inputs[slot].base, targets[slot].base)
            gate.free.signal()
        }
    }

    /// Who may touch the next slot, and whether the epoch was broken off.
    private final class Gate: Sendable {
        /// Made with 0: a semaphore must not be released below the value that it was made with.
        let free = DispatchSemaphore(value: 0)
        let ready = DispatchSemaphore(value: 0)
        private let closed = Atomic<Bool>(false)

        var isClosed: Bool { closed.load(ordering: .acquiring) }

        func close() {
            closed.store(true, ordering: .releasing)
            free.signal()
        }
    }
}

extension [Int] {
    /// Consecutive pieces of so many elements, the last one of what is left.
    func batches(of size: Int) -> [ArraySlice<Int>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
