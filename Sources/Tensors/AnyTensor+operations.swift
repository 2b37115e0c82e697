extension AnyTensor {
    /// The numbers as a tensor of one element type.
    ///
    /// - Throws: `.valueNotRepresentable` with the first value that does not fit, or for byte strings.
    public func converted<Element: TensorElement>(
        to element: Element.Type = Element.self
    ) throws(TensorError) -> Tensor<Element> {
        var conversion = Conversion<Element>()
        return try accept(&conversion)
    }

    /// Some consecutive rows; numbers are not copied.
    ///
    /// - Precondition: There is an axis, and the range lies within `0..<rows`.
    public func rows(_ range: Range<Int>) -> AnyTensor {
        var selection = RowRange(range: range)
        return accept(&selection)
    }

    /// The same elements in another shape, without copying them.
    ///
    /// - Throws: `.shapeMismatch` when the new shape does not hold exactly these elements.
    public func reshaped(_ newShape: [Int]) throws(TensorError) -> AnyTensor {
        var reshaping = Reshaping(shape: newShape)
        return try accept(&reshaping)
    }

    private struct Conversion<Target: TensorElement>: Visitor {
        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(TensorError) -> Tensor<Target> {
            try tensor.converted(to: Target.self)
        }

        func visit(bytes values: [[UInt8]], shape: [Int]) throws(TensorError) -> Tensor<Target> {
            throw TensorError(
                .valueNotRepresentable,
                "BYTES \(shape) are not numbers and cannot become \(Target.datatype.rawValue)",
                remedy: "Map them to numbers through the categories of the model's schema"
            )
        }
    }

    private struct RowRange: Visitor {
        let range: Range<Int>

        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) -> AnyTensor {
            AnyTensor(tensor.rows(range))
        }

        func visit(bytes values: [[UInt8]], shape: [Int]) -> AnyTensor {
            let width = shape.dropFirst().reduce(1, *)
            let part = values[range.lowerBound * width..<range.upperBound * width]
            return .bytes(shape: [range.count] + shape.dropFirst(), values: Array(part))
        }
    }

    private struct Reshaping: Visitor {
        let shape: [Int]

        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) throws(TensorError) -> AnyTensor {
            AnyTensor(try tensor.reshaped(shape))
        }

        func visit(bytes values: [[UInt8]], shape old: [Int]) throws(TensorError) -> AnyTensor {
            guard try Shape.count(shape) == values.count else {
                throw TensorError(
                    .shapeMismatch,
                    "reshaped: \(old) has \(values.count) elements and does not fit \(shape)",
                    remedy: "Give a shape with \(values.count) elements"
                )
            }
            return .bytes(shape: shape, values: values)
        }
    }
}
