import Tensors
import TestSupport
import Testing

@Suite struct `Tensor of one type` {
    /// The numbers 0 to 11 in three rows of shape [2, 2].
    static let grid = Tensor<Float>(shape: [3, 2, 2]) { buffer in
        for index in 0..<12 { buffer.initializeElement(at: index, to: Float(index)) }
    }

    @Test func `rows are views of the same numbers`() {
        let part = Self.grid.rows(1..<3)
        #expect(part.shape == [2, 2, 2])
        #expect(part.elements == (4..<12).map(Float.init))
        #expect(part[row: 1].shape == [2, 2])
        #expect(part[row: 1].elements == [8, 9, 10, 11])
        let (whole, view) = (
            Self.grid.withUnsafeBufferPointer { $0.baseAddress }, part.withUnsafeBufferPointer { $0.baseAddress }
        )
        #expect(view == whole.map { $0 + 4 })
        #expect(Self.grid.rows(3..<3).count == 0)
    }

    @Test func `writing to a copy or a view leaves the original alone`() {
        var original = Self.grid
        var copy = original
        var view = original.rows(0..<1)
        copy[0] = 100
        view[1] = 200
        #expect(original[0] == 0 && original[1] == 1)
        #expect(copy[0] == 100 && copy[1] == 1)
        #expect(view.elements == [0, 200, 2, 3])
        original[5] = 7
        #expect(Self.grid[5] == 5)
    }

    @Test func `an owner alone writes in place`() {
        var tensor = Tensor<Double>(shape: [4], repeating: 0)
        let before = tensor.withUnsafeBufferPointer { $0.baseAddress }
        tensor[2] = 1
        #expect(tensor.withUnsafeBufferPointer { $0.baseAddress } == before)
    }

    @Test func `selects, joins, reshapes and transposes`() throws {
        #expect(Self.grid.selectingRows([2, 0, 2]).elements == [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])
        #expect(Self.grid.selectingRows([]).shape == [0, 2, 2])
        let joined = try Tensor.concatenatingRows([Self.grid.rows(2..<3), Self.grid.rows(0..<1)])
        #expect(joined.elements == [8, 9, 10, 11, 0, 1, 2, 3])
        #expect(try Self.grid.reshaped([-1, 6]).shape == [2, 6])
        #expect(try Self.grid.reshaped([2, 3, 2]).axesReversed.shape == [2, 3, 2])
        let matrix = try Self.grid.reshaped([3, 4])
        #expect(matrix.axesReversed.elements == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
        #expect(matrix.axesReversed.axesReversed == matrix)
        #expect(matrix.map { Int32($0) * 2 }.elements.last == 22)
    }

    @Test func `shapes that do not fit are refused with both shapes`() throws {
        let error = try #require(throws: TensorError.self) { try Self.grid.reshaped([5, 2]) }
        #expect(error.code == .shapeMismatch)
        #expect(error.message.contains("[3, 2, 2]") && error.message.contains("[5, 2]"))
        #expect(throws: TensorError.self) { try Tensor<Float>(shape: [2], elements: [1]) }
        #expect(throws: TensorError.self) { try Tensor<Float>(shape: [-1, 0], elements: []) }
        #expect(throws: TensorError.self) { try Tensor<Float>(shape: [Int.max, 2], elements: []) }
        #expect(throws: TensorError.self) { try Self.grid.reshaped([-1, -1]) }
        #expect(throws: TensorError.self) { try Self.grid.reshaped([-1, 5]) }
        #expect(throws: TensorError.self) { try Tensor<Float>.concatenatingRows([]) }
        #expect(throws: TensorError.self) {
            try Tensor.concatenatingRows([Self.grid, try Self.grid.reshaped([3, 4])])
        }
    }

    @Test func `a tensor without axes is one row of one element`() throws {
        let scalar = try Tensor<Int32>(shape: [], elements: [7])
        #expect(scalar.rows == 1 && scalar.elementsPerRow == 1 && scalar.count == 1)
    }

    @Test func `conversions are exact or refused, floating point takes the nearest`() throws {
        let wide = try Tensor<Double>(shape: [3], elements: [1, -2, 3.5])
        #expect(try wide.converted(to: Float16.self).elements == [1, -2, 3.5])
        let error = try #require(throws: TensorError.self) { try wide.converted(to: Int8.self) }
        #expect(error.code == .valueNotRepresentable)
        #expect(error.message == "the value 3.5 at element 2 does not fit INT8")
        #expect(throws: TensorError.self) { try wide.converted(to: UInt64.self) }
        let big = try Tensor<Int64>(shape: [2], elements: [Int64.max, (1 << 53) + 1])
        // Not by way of Double, which would round both.
        #expect(try big.converted(to: UInt64.self).elements == [UInt64(Int64.max), (1 << 53) + 1])
        #expect(try Tensor<UInt8>(shape: [2], elements: [0, 1]).converted(to: Bool.self).elements == [false, true])
        #expect(throws: TensorError.self) { try Tensor<UInt8>(shape: [1], elements: [2]).converted(to: Bool.self) }
        #expect(try Tensor<Bool>(shape: [1], elements: [true]).converted(to: Float.self).elements == [1])
        #expect(throws: TensorError.self) { try Tensor<Float>(shape: [1], elements: [.nan]).converted(to: Int32.self) }
        #expect(try Tensor<Float>(shape: [1], elements: [.nan]).converted(to: Double.self)[0].isNaN)
    }

    @Test func `bfloat16 rounds to even and keeps what is special`() {
        #expect(Float(BFloat16(Float(1.00390625))) == 1)  // half a step above 1: to the even side
        #expect(Float(BFloat16(Float(1.01171875))) == 1.015625)  // half a step: up to the even side
        #expect(Float(BFloat16(Float.infinity)) == .infinity)
        #expect(Float(BFloat16(Float.greatestFiniteMagnitude)) == .infinity)
        #expect(Float(BFloat16(Float.nan)).isNaN)
        #expect(Float(BFloat16(Float(bitPattern: 0x7F80_0001))).isNaN)
        #expect(BFloat16(Float(-0.0)) == BFloat16(Float(0)))
    }
}

@Suite struct `Tensor of any type` {
    @Test func `knows shape and datatype, and converts`() throws {
        let any = AnyTensor(try Tensor<UInt8>(shape: [2, 2], elements: [1, 2, 3, 4]))
        #expect(any.shape == [2, 2] && any.rows == 2 && any.count == 4)
        #expect(any.datatype == .uint8)
        #expect(try any.converted(to: Float.self).elements == [1, 2, 3, 4])
        #expect(try any.rows(1..<2).converted(to: Int64.self).elements == [3, 4])
        #expect(try any.reshaped([4]).shape == [4])
        let texts = AnyTensor.bytes(shape: [2, 1], values: [[0x61], [0x62]])
        #expect(texts.rows(1..<2) == .bytes(shape: [1, 1], values: [[0x62]]))
        #expect(throws: TensorError.self) { try texts.converted(to: Float.self) }
        #expect(throws: TensorError.self) { try texts.reshaped([3]) }
    }

    @Test func `every V2 datatype has its spelling and width`() {
        #expect(
            ElementType.allCases.map(\.rawValue) == [
                "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16",
                "FP32",
                "FP64", "BYTES",
            ]
        )
        #expect(ElementType.bytes.byteWidth == nil)
        #expect(Tensor<BFloat16>(shape: [1], repeating: .zero).datatype.byteWidth == 2)
    }
}
