import Tensors

/// Reference and window as one sample whose rows stay where they are.
struct SplitSample: Sendable {
    /// Shape `[n, d]`.
    let reference: Tensor<Float>
    /// Shape `[m, d]`, or nothing.
    let window: Tensor<Float>?

    /// All rows, those of the reference first.
    var count: Int { reference.rows + (window?.rows ?? 0) }

    /// Copies some rows, ascending, shape `[indices, d]`.
    func rows(_ indices: ArraySlice<Int>) -> Tensor<Float> {
        let width = reference.elementsPerRow
        return Tensor(shape: [indices.count, width]) { target in
            guard let base = target.baseAddress else { return }
            reference.withUnsafeBufferPointer { first in
                func copy(_ second: UnsafeBufferPointer<Float>?) {
                    for (place, row) in indices.enumerated() {
                        let local = row - reference.rows
                        let source =
                            local < 0
                            ? first.baseAddress.map { $0 + row * width }
                            : second?.baseAddress.map { $0 + local * width }
                        if let source { (base + place * width).initialize(from: source, count: width) }
                    }
                }
                if let window { window.withUnsafeBufferPointer { copy($0) } } else { copy(nil) }
            }
        }
    }
}
