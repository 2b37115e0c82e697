public import Tensors

extension Graph {
    /// Fills an input for the batch that `begin` started.
    ///
    /// - Throws: `.shapeMismatch` when it is not one row of the input's size for each row of the batch.
    public func write(_ tensor: Tensor<Float>, to input: Variable) throws(NeuralNetworkError) {
        guard tensor.count == input.count(rows) else {
            throw NeuralNetworkError(
                .shapeMismatch,
                "an input of \(rows) rows of \(input.shape) was given \(tensor.shape)",
                remedy: "Give one row for each row of the batch"
            )
        }
        tensor.copy(to: input.value)
    }

    /// A copy of what the last run computed, shape `[rows] +` the variable's shape.
    public func value(of variable: Variable) -> Tensor<Float> { variable.tensor(rows: rows) }

    /// A copy of the gradient from the last backward pass, in the shape of the value.
    ///
    /// - Precondition: The variable needs a gradient: it is a differentiable input or depends on one.
    public func gradient(of variable: Variable) -> Tensor<Float> {
        precondition(variable.needsGradient, "no gradient was asked for a variable of shape \(variable.shape)")
        return Tensor(copying: variable.gradient, shape: variable.isPerRow ? [rows] + variable.shape : variable.shape)
    }
}

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
