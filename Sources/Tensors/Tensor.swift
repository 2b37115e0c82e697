/// Numbers in a row-major block with a shape; images are channels-last, `[images, height, width, channels]`.
///
/// A tensor is a value with shared storage: copying one and taking rows of one are free, and the first write to a shared
/// one copies what it covers. Axis 0 counts the rows (instances); a tensor of shape `[]` is a single row of one element.
public struct Tensor<Element: TensorElement>: Sendable {
    /// The size of each axis, outermost first.
    public let shape: [Int]
    /// The product of the shape.
    public let count: Int
    @usableFromInline var storage: TensorStorage
    /// Where this tensor's elements start in the storage, in elements.
    @usableFromInline var offset: Int

    @usableFromInline init(shape: [Int], count: Int, storage: TensorStorage, offset: Int) {
        self.shape = shape
        self.count = count
        self.storage = storage
        self.offset = offset
    }

    /// A tensor with these values.
    ///
    /// - Throws: `.shapeMismatch` when the shape has a negative size, overflows, or does not hold exactly these elements.
    @inlinable public init(shape: [Int], elements: [Element]) throws(TensorError) {
        let count = try Shape.count(shape)
        guard count == elements.count else {
            throw TensorError(
                .shapeMismatch,
                "shape \(shape) holds \(count) elements and \(elements.count) were given",
                remedy: "Give as many elements as the shape holds"
            )
        }
        self.init(shape: shape, count: count) { buffer in
            _ = buffer.initialize(from: elements)
        }
    }

    /// A tensor with the same value everywhere.
    ///
    /// - Precondition: No size is negative, and the product of the shape does not overflow.
    @inlinable public init(shape: [Int], repeating value: Element) {
        self.init(shape: shape) { $0.initialize(repeating: value) }
    }

    /// A tensor that is filled by `body`, which must initialise every element of the buffer it is given.
    ///
    /// - Precondition: No size is negative, and the product of the shape does not overflow.
    @inlinable public init<Failure: Error>(
        shape: [Int],
        initializingWith body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
    ) throws(Failure) {
        try self.init(shape: shape, count: shape.reduce(1, *), initializingWith: body)
    }

    @usableFromInline init<Failure: Error>(
        shape: [Int],
        count: Int,
        initializingWith body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(shape.allSatisfy { $0 >= 0 }, "a tensor's shape has a negative size: \(shape)")
        let storage = TensorStorage(byteCount: count * MemoryLayout<Element>.stride)
        let start = storage.base.bindMemory(to: Element.self, capacity: count)
        try body(UnsafeMutableBufferPointer(start: start, count: count))
        self.init(shape: shape, count: count, storage: storage, offset: 0)
    }

    /// The V2 datatype of the elements.
    @inlinable public var datatype: ElementType { Element.datatype }

    /// The elements, in row-major order.
    @inlinable public var elements: [Element] { withUnsafeBufferPointer { Array($0) } }

    /// Calls `body` with the elements, in row-major order; the pointer is valid during the call.
    @inlinable public func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = storage.base.assumingMemoryBound(to: Element.self) + offset
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeBufferPointer(start: start, count: count))
    }

    /// Where the elements lie: they stay there, and stay what they are, as long as somebody keeps this tensor as it is.
    package var address: UnsafePointer<Element> {
        UnsafePointer(storage.base.assumingMemoryBound(to: Element.self) + offset)
    }

    /// Calls `body` with the elements for writing; the pointer is valid during the call.
    ///
    /// - Complexity: O(*count*) when the storage is shared or mapped, otherwise O(1).
    @inlinable public mutating func withUnsafeMutableBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        makeStorageUnique()
        let start = storage.base.assumingMemoryBound(to: Element.self) + offset
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeMutableBufferPointer(start: start, count: count))
    }

    @usableFromInline mutating func makeStorageUnique() {
        guard storage.owner != nil || !isKnownUniquelyReferenced(&storage) else { return }
        let copy = TensorStorage(byteCount: count * MemoryLayout<Element>.stride)
        withUnsafeBufferPointer { source in
            let start = copy.base.bindMemory(to: Element.self, capacity: count)
            if let address = source.baseAddress { start.initialize(from: address, count: count) }
        }
        storage = copy
        offset = 0
    }

    /// The element at a position in row-major order.
    ///
    /// Writing one element at a time checks the storage each time; loops use `withUnsafeMutableBufferPointer`.
    @inlinable public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            return withUnsafeBufferPointer { $0[index] }
        }
        set {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            withUnsafeMutableBufferPointer { $0[index] = newValue }
        }
    }
}

extension Tensor: Equatable {
    /// Whether shapes and elements are equal; as in the elements themselves, NaN equals nothing.
    public static func == (left: Tensor, right: Tensor) -> Bool {
        guard left.shape == right.shape else { return false }
        return left.withUnsafeBufferPointer { a in
            right.withUnsafeBufferPointer { b in a.elementsEqual(b) }
        }
    }
}

extension Tensor: CustomStringConvertible {
    /// Datatype and shape, for messages.
    public var description: String { "\(datatype.rawValue) \(shape)" }
}

/// The arithmetic of shapes.
public enum Shape {
    /// The number of elements of a shape that came from outside.
    ///
    /// - Throws: `.shapeMismatch` when a size is negative or the product overflows.
    public static func count(_ shape: [Int]) throws(TensorError) -> Int {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else {
                throw TensorError(
                    .shapeMismatch,
                    "the shape \(shape) has a negative size or more elements than can be counted",
                    remedy: "Give a shape of sizes from 0 up whose product fits into 63 bits"
                )
            }
            count = product
        }
        return count
    }
}
