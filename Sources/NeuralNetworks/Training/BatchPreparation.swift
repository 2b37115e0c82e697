import Statistics
import Tensors

/// Copies rows of the examples into a batch, changed at random where there is augmentation.
///
/// What a row becomes follows from the seed, the epoch and the row alone, so batches may be prepared in any order, on
/// any thread, and by a training that was resumed.
struct BatchPreparation: Sendable {
    let examples: TrainingExamples
    let augmentation: ImageAugmentation?
    /// The shape of one row as the network sees it.
    let shape: [Int]
    /// The stream that the epochs' streams are split from.
    let root: SeededGenerator

    var inputSize: Int { shape.reduce(1, *) }
    var targetSize: Int { examples.targets?.elementsPerRow ?? 0 }

    /// Writes the inputs of a batch.
    ///
    /// - Parameter epoch: The epoch whose changes are made; `nil` for rows as they are.
    func inputs(_ rows: ArraySlice<Int>, epoch: Int?, into target: UnsafeMutablePointer<Float>) {
        guard let augmentation, let epoch else { return Self.copy(rows, of: examples.inputs, into: target) }
        let stream = root.split(stream: UInt64(epoch))
        let size = inputSize
        examples.inputs.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                var generator = stream.split(stream: UInt64(row))
                augmentation.apply(base + row * size, into: target + index * size, shape: shape, using: &generator)
            }
        }
    }

    /// Writes the targets of a batch, where there are any.
    func targets(_ rows: ArraySlice<Int>, into target: UnsafeMutablePointer<Float>) {
        if let targets = examples.targets { Self.copy(rows, of: targets, into: target) }
    }

    private static func copy(
        _ rows: ArraySlice<Int>,
        of tensor: Tensor<Float>,
        into target: UnsafeMutablePointer<Float>
    ) {
        let size = tensor.elementsPerRow
        tensor.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for (index, row) in rows.enumerated() {
                (target + index * size).update(from: base + row * size, count: size)
            }
        }
    }
}
