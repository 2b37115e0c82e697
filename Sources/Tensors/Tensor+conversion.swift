extension Tensor {
    /// A tensor of the same shape with `transform` applied to each element.
    @inlinable public func map<Other: TensorElement>(_ transform: (Element) -> Other) -> Tensor<Other> {
        withUnsafeBufferPointer { source in
            Tensor<Other>(shape: shape) { target in
                for index in 0..<source.count { target.initializeElement(at: index, to: transform(source[index])) }
            }
        }
    }

    /// The same numbers in another element type.
    ///
    /// Floating-point targets take the nearest value; integers and `Bool` take only what they can hold exactly.
    ///
    /// - Throws: `.valueNotRepresentable` with the first value that does not fit.
    @inlinable public func converted<Other: TensorElement>(
        to other: Other.Type = Other.self
    ) throws(TensorError) -> Tensor<Other> {
        if let same = self as? Tensor<Other> { return same }
        var firstMisfit: Int?
        let result = withUnsafeBufferPointer { source in
            Tensor<Other>(shape: shape) { target in
                for index in 0..<source.count {
                    if let value = source[index].converted(to: Other.self) {
                        target.initializeElement(at: index, to: value)
                    } else {
                        target.initializeElement(at: index, to: Other.zero)
                        if firstMisfit == nil { firstMisfit = index }
                    }
                }
            }
        }
        if let firstMisfit {
            throw TensorError(
                .valueNotRepresentable,
                "the value \(self[firstMisfit]) at element \(firstMisfit) does not fit \(Other.datatype.rawValue)",
                remedy: "Convert to a wider or a floating-point type"
            )
        }
        return result
    }
}
