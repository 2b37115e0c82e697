package import Tensors

extension TensorLayout {
    /// The tensor of a batch's rows.
    ///
    /// Whole numbers and codes are rounded to the nearest: what perturbs or reproduces rows makes fractions of them.
    ///
    /// - Parameter batch: Shape `[n, …]`, rows with all columns of the model.
    /// - Returns: Shape `[n] + rowShape`; the batch's own storage where nothing has to be changed.
    /// - Throws: `.invalidValue` for NaN or a number that the type does not hold, and for what is no code of a category.
    package func tensor(of batch: Tensor<Float>) throws(PredictionError) -> AnyTensor {
        switch datatype {
        case .float32:
            if isWhole(batch) { return .float32(batch.withShape([batch.rows] + rowShape)) }
            return .float32(try fill(batch) { value, exact in exact.map { Float($0) } ?? value })
        case .float64: return .float64(try fill(batch) { value, exact in exact ?? Double(value) })
        case .float16: return .float16(try fill(batch) { value, exact in Float16(exact ?? Double(value)) })
        case .bfloat16:
            return .bfloat16(try fill(batch) { value, exact in BFloat16(exact.map { Float($0) } ?? value) })
        case .uint8: return .uint8(try fill(batch, Self.whole))
        case .uint16: return .uint16(try fill(batch, Self.whole))
        case .uint32: return .uint32(try fill(batch, Self.whole))
        case .uint64: return .uint64(try fill(batch, Self.whole))
        case .int8: return .int8(try fill(batch, Self.whole))
        case .int16: return .int16(try fill(batch, Self.whole))
        case .int32: return .int32(try fill(batch, Self.whole))
        case .int64: return .int64(try fill(batch, Self.whole))
        case .bool:
            return .bool(
                try fill(batch) { value, exact in
                    let rounded = (exact ?? Double(value)).rounded()
                    return rounded == 0 || rounded == 1 ? rounded == 1 : nil
                }
            )
        case .bytes: return .bytes(shape: [batch.rows] + rowShape, values: try texts(of: batch))
        }
    }

    /// Whether the rows of a batch are the tensor as they are.
    private func isWhole(_ batch: Tensor<Float>) -> Bool {
        parts.count == 1 && parts[0].meanings == nil && parts[0].source == 0 && parts[0].target == 0
            && parts[0].count == batch.elementsPerRow && !isChannelsFirst
    }

    private static func whole<Element: FixedWidthInteger>(_ value: Float, _ exact: Double?) -> Element? {
        Element(exactly: (exact ?? Double(value)).rounded())
    }

    /// Fills the tensor.
    ///
    /// - Parameter convert: The element of a value; `exact` is what a category's code stands for. nil refuses it.
    private func fill<Element: TensorElement>(
        _ batch: Tensor<Float>,
        _ convert: (_ value: Float, _ exact: Double?) -> Element?
    ) throws(PredictionError) -> Tensor<Element> {
        let (rows, given, width) = (batch.rows, batch.elementsPerRow, width)
        return try Tensor<Element>(shape: [rows] + rowShape) { target throws(PredictionError) in
            try batch.withUnsafeBufferPointer { source throws(PredictionError) in
                for part in parts {
                    for row in 0..<rows {
                        for index in 0..<part.count {
                            let value = source[row * given + part.source + index]
                            var exact: Double?
                            if case .numbers(let meanings)? = part.meanings {
                                exact = meanings[try code(value, of: meanings.count, part, row)]
                            }
                            guard let element = convert(value, exact) else {
                                throw refusal(value, part, row, "\(datatype.rawValue) does not hold it")
                            }
                            target.initializeElement(at: row * width + place(part.target + index), to: element)
                        }
                    }
                }
            }
        }
    }

    private func texts(of batch: Tensor<Float>) throws(PredictionError) -> [[UInt8]] {
        var texts = [[UInt8]](repeating: [], count: batch.rows * width)
        for part in parts {
            guard case .texts(let meanings)? = part.meanings else { continue }
            for row in 0..<batch.rows {
                for index in 0..<part.count {
                    let value = batch[row * batch.elementsPerRow + part.source + index]
                    let code = try code(value, of: meanings.count, part, row)
                    texts[row * width + place(part.target + index)] = Array(meanings[code].utf8)
                }
            }
        }
        return texts
    }

    /// Where an element of a row goes: of an image the channel's plane comes first where the model wants that.
    private func place(_ index: Int) -> Int {
        guard isChannelsFirst else { return index }
        let channels = rowShape[0], pixels = rowShape[1] * rowShape[2]
        return index % channels * pixels + index / channels
    }

    private func code(
        _ value: Float,
        of categories: Int,
        _ part: Part,
        _ row: Int
    ) throws(PredictionError) -> Int {
        guard let code = Int(exactly: value.rounded()), (0..<categories).contains(code) else {
            throw refusal(value, part, row, "it has \(categories) categories, with codes from 0")
        }
        return code
    }

    private func refusal(_ value: Float, _ part: Part, _ row: Int, _ reason: String) -> PredictionError {
        PredictionError(
            .invalidValue,
            "the column \(part.name) is \(value) in row \(row), and \(reason)",
            remedy: "Send values that the column may have"
        )
    }
}
