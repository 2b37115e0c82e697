extension Tensor {
    /// The tensor with its axes in the opposite order; for a matrix, its transpose.
    ///
    /// - Complexity: O(*count*); the elements are copied into row-major order.
    public var axesReversed: Tensor {
        guard shape.count > 1 else { return self }
        // Walk the result in order; each of its axes steps through the source by that axis' stride there.
        var strides: [Int] = []
        var stride = 1
        for size in shape.reversed() {
            strides.append(stride)
            stride *= size
        }
        let newShape: [Int] = shape.reversed()
        return withUnsafeBufferPointer { source in
            Tensor(shape: newShape) { target in
                var position = [Int](repeating: 0, count: newShape.count)
                var from = 0
                for index in 0..<target.count {
                    target.initializeElement(at: index, to: source[from])
                    var axis = newShape.count - 1
                    while axis >= 0 {
                        position[axis] += 1
                        from += strides[axis]
                        if position[axis] < newShape[axis] { break }
                        from -= position[axis] * strides[axis]
                        position[axis] = 0
                        axis -= 1
                    }
                }
            }
        }
    }
}

extension AnyTensor {
    /// The tensor with its axes in the opposite order.
    ///
    /// - Precondition: The elements are not byte strings.
    var axesReversed: AnyTensor {
        var reversal = Reversal()
        return accept(&reversal)
    }

    private struct Reversal: Visitor {
        func visit<Element: TensorElement>(_ tensor: Tensor<Element>) -> AnyTensor {
            AnyTensor(tensor.axesReversed)
        }

        func visit(bytes values: [[UInt8]], shape: [Int]) -> AnyTensor {
            preconditionFailure("byte strings have no order in files")
        }
    }
}
