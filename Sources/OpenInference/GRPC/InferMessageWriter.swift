import Tensors

/// Writes `ModelInferResponse`, its outputs as raw or as typed contents.
enum InferMessageWriter {
    /// Appends the fields of a response.
    ///
    /// - Parameter isRaw: Whether elements go as raw bytes, which FP16 and BF16 always do.
    static func write(_ response: InferenceResponse, isRaw: Bool, to writer: inout ProtobufWriter) {
        let isRaw = isRaw || response.outputs.contains { [.float16, .bfloat16].contains($0.tensor.datatype) }
        writer.text(1, response.modelName)
        writer.text(2, response.modelVersion ?? "")
        writer.text(3, response.id ?? "")
        InferParameters.write(response.parameters, 4, to: &writer)
        for output in response.outputs {
            writer.message(5) { tensor in
                tensor.text(1, output.name)
                tensor.text(2, output.tensor.datatype.rawValue)
                tensor.packed(3, output.tensor.shape)
                InferParameters.write(output.parameters, 4, to: &tensor)
                guard !isRaw else { return }
                tensor.message(5) { contents in
                    var elements = TypedElements(writer: contents)
                    contents = ProtobufWriter()
                    output.tensor.accept(&elements)
                    contents = elements.writer
                }
            }
        }
        guard isRaw else { return }
        for output in response.outputs {
            var elements = RawElements(writer: writer)
            writer = ProtobufWriter()  // so that the elements are appended in place and not to a copy
            output.tensor.accept(&elements)
            writer = elements.writer
        }
    }
}

/// Appends a tensor's elements as `raw_output_contents`.
private struct RawElements: AnyTensor.Visitor {
    var writer: ProtobufWriter

    mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) {
        writer.begin(6, length: tensor.count * MemoryLayout<Element>.stride)
        writer.append { ElementBytes.append(tensor, to: &$0) }
    }

    mutating func visit(bytes values: [[UInt8]], shape: [Int]) {
        writer.begin(6, length: values.reduce(0) { $0 + 4 + $1.count })
        writer.append { bytes in
            for value in values {
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: value.count).littleEndian) {
                    bytes.append(contentsOf: $0)
                }
                bytes.append(contentsOf: value)
            }
        }
    }
}

/// Writes a tensor's elements in the field of `InferTensorContents` that belongs to their datatype, packed.
private struct TypedElements: AnyTensor.Visitor {
    var writer: ProtobufWriter

    mutating func visit<Element: TensorElement>(_ tensor: Tensor<Element>) {
        switch tensor {
        case let tensor as Tensor<Float>: fixed(6, tensor)
        case let tensor as Tensor<Double>: fixed(7, tensor)
        case let tensor as Tensor<Bool>: varints(1, tensor) { $0 ? 1 : 0 }
        case let tensor as Tensor<Int8>: varints(2, tensor) { UInt64(bitPattern: Int64($0)) }
        case let tensor as Tensor<Int16>: varints(2, tensor) { UInt64(bitPattern: Int64($0)) }
        case let tensor as Tensor<Int32>: varints(2, tensor) { UInt64(bitPattern: Int64($0)) }
        case let tensor as Tensor<Int64>: varints(3, tensor) { UInt64(bitPattern: $0) }
        case let tensor as Tensor<UInt8>: varints(4, tensor) { UInt64($0) }
        case let tensor as Tensor<UInt16>: varints(4, tensor) { UInt64($0) }
        case let tensor as Tensor<UInt32>: varints(4, tensor) { UInt64($0) }
        case let tensor as Tensor<UInt64>: varints(5, tensor) { $0 }
        default: preconditionFailure("\(tensor.datatype.rawValue) has raw contents only")
        }
    }

    mutating func visit(bytes values: [[UInt8]], shape: [Int]) {
        for value in values {
            writer.begin(8, length: value.count)
            writer.append { $0.append(contentsOf: value) }
        }
    }

    private mutating func fixed<Element: TensorElement>(_ field: Int, _ tensor: Tensor<Element>) {
        guard tensor.count > 0 else { return }
        writer.begin(field, length: tensor.count * MemoryLayout<Element>.stride)
        writer.append { ElementBytes.append(tensor, to: &$0) }
    }

    private mutating func varints<Element>(_ field: Int, _ tensor: Tensor<Element>, _ bits: (Element) -> UInt64) {
        tensor.withUnsafeBufferPointer { elements in
            guard !elements.isEmpty else { return }
            writer.begin(field, length: elements.reduce(0) { $0 + ProtobufWriter.length(ofVarint: bits($1)) })
            for element in elements { writer.varint(bits(element)) }
        }
    }
}
