/// Arithmetic, element by element. Axes are aligned at the last one and an axis of 1 is repeated, as in NumPy; what is
/// shared by all rows of the batch is repeated over them.
extension Graph {
    /// `a + b`.
    ///
    /// - Throws: `.shapeMismatch` naming the operation and both shapes, as do its neighbours.
    public func add(_ a: Variable, _ b: Variable) throws(NeuralNetworkError) -> Variable {
        record(try BinaryArithmetic(.add, a, b, in: self))
    }

    /// `a − b`.
    public func subtract(_ a: Variable, _ b: Variable) throws(NeuralNetworkError) -> Variable {
        record(try BinaryArithmetic(.subtract, a, b, in: self))
    }

    /// `a · b`, element by element.
    public func multiply(_ a: Variable, _ b: Variable) throws(NeuralNetworkError) -> Variable {
        record(try BinaryArithmetic(.multiply, a, b, in: self))
    }

    /// `a / b`, element by element.
    public func divide(_ a: Variable, by b: Variable) throws(NeuralNetworkError) -> Variable {
        record(try BinaryArithmetic(.divide, a, b, in: self))
    }

    /// `factor · x + offset` with two constants.
    public func affine(_ x: Variable, factor: Float, offset: Float = 0) -> Variable {
        record(Affine(x, factor: factor, offset: offset, in: self))
    }

    /// One value for every element of a row.
    public func constant(_ value: Float, shape: [Int]) -> Variable {
        constant(value, shape: shape, isPerRow: true)
    }

    func constant(_ value: Float, shape: [Int], isPerRow: Bool) -> Variable {
        record(Constant(value, shape: shape, isPerRow: isPerRow, in: self))
    }

    /// `e^x`.
    public func exponential(of x: Variable) -> Variable { record(ElementFunction(.exponential, of: x, in: self)) }

    /// `ln x`; −infinity at 0, NaN below.
    public func logarithm(of x: Variable) -> Variable { record(ElementFunction(.logarithm, of: x, in: self)) }

    /// `√x`; its slope at 0 is infinite.
    public func squareRoot(of x: Variable) -> Variable { record(ElementFunction(.squareRoot, of: x, in: self)) }

    /// `x²`.
    public func square(of x: Variable) -> Variable { record(ElementFunction(.square, of: x, in: self)) }

    /// `|x|`, with the slope 0 at 0.
    public func magnitude(of x: Variable) -> Variable { record(ElementFunction(.magnitude, of: x, in: self)) }

    /// The standard normal distribution function.
    func normalDistribution(of x: Variable) -> Variable {
        record(ElementFunction(.normalDistribution, of: x, in: self))
    }

    /// −1, 0 or 1; its slope counts as 0.
    func sign(of x: Variable) -> Variable { record(ElementFunction(.sign, of: x, in: self)) }
}
