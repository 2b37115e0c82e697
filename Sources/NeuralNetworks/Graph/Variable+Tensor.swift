import Tensors

extension Variable {
    /// A copy of the values of a batch, shape `[rows] + shape`.
    func tensor(rows: Int) -> Tensor<Float> { Tensor(copying: value, shape: isPerRow ? [rows] + shape : shape) }
}

extension Tensor<Float> {
    /// A tensor of values that lie in a buffer.
    init(copying source: UnsafePointer<Float>, shape: [Int]) {
        self.init(shape: shape) { target in
            _ = target.initialize(from: UnsafeBufferPointer(start: source, count: target.count))
        }
    }

    /// Writes all values to a buffer that has room for them.
    func copy(to target: UnsafeMutablePointer<Float>) {
        withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            target.update(from: base, count: source.count)
        }
    }
}
