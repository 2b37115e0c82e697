/// An element that a regular JSON array may be made of.
public protocol JSONScalar: Sendable {
    /// Reads one element; the reader stands at its first byte.
    init(reading reader: inout JSONReader) throws(JSONError)
}

extension JSONReader {
    /// Reads a flat or nested array into a buffer, row after row, and returns the extents of its levels.
    ///
    /// `[[1, 2, 3], [4, 5, 6]]` fills six elements and returns `[2, 3]`. All rows of a level must have one length.
    ///
    /// - Parameter buffer: Uninitialised memory; the first `product of the extents` elements are initialised.
    /// - Throws: `.raggedArray` where rows differ, `.tooManyElements` when the buffer is full; what was written until
    ///   then is trivial and needs no deinitialisation.
    /// - Complexity: One pass over the text, no allocation per element.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    @_specialize(where Element == Int64)
    @_specialize(where Element == Int32)
    @_specialize(where Element == UInt8)
    public mutating func readArray<Element: JSONScalar & BitwiseCopyable>(
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(JSONError) -> [Int] {
        var elements = JSONElements(filling: buffer)
        return try readLevels(into: &elements)
    }

    /// Reads a flat or nested array of unknown size.
    ///
    /// - Parameter limit: The most elements that are taken.
    /// - Throws: As ``readArray(into:)`` does.
    /// - Complexity: One pass over the text; memory grows by doubling.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    @_specialize(where Element == Int64)
    public mutating func readArray<Element: JSONScalar & BitwiseCopyable>(
        of type: Element.Type,
        limit: Int = .max
    ) throws(JSONError) -> (elements: [Element], extents: [Int]) {
        var elements = JSONElements<Element>(limit: limit)
        defer { elements.deallocate() }
        let extents = try readLevels(into: &elements)
        return (Array(elements.filled), extents)
    }

    /// Reads a flat or nested array of unknown size, and hands its elements out in place.
    ///
    /// - Parameter limit: The most elements that are taken.
    /// - Throws: As ``readArray(into:)`` does, and what `body` throws.
    @_specialize(kind:partial,where Element == Double)
    public mutating func withArray<Element: JSONScalar & BitwiseCopyable, Result>(
        of type: Element.Type,
        limit: Int = .max,
        _ body: (_ elements: UnsafeBufferPointer<Element>, _ extents: [Int]) -> Result
    ) throws(JSONError) -> Result {
        var elements = JSONElements<Element>(limit: limit)
        defer { elements.deallocate() }
        let extents = try readLevels(into: &elements)
        return body(elements.filled, extents)
    }

    private mutating func readLevels<Element: JSONScalar & BitwiseCopyable>(
        into elements: inout JSONElements<Element>
    ) throws(JSONError) -> [Int] {
        var levels = Levels()
        try readLevel(0, into: &elements, &levels)
        return levels.extents
    }

    private struct Levels {
        /// The length of each level's arrays, -1 while the first of them is still open.
        var extents: [Int] = []
        /// The level whose arrays hold elements, -1 until the first element.
        var leaf = -1
    }

    private mutating func readLevel<Element: JSONScalar & BitwiseCopyable>(
        _ level: Int,
        into elements: inout JSONElements<Element>,
        _ levels: inout Levels
    ) throws(JSONError) {
        let start = position
        try beginArray()
        if level == levels.extents.count { levels.extents.append(-1) }
        var length = 0
        while try nextElement() {
            if bytes[position] == UInt8(ascii: "[") {
                guard levels.leaf < 0 || level < levels.leaf else { throw ragged("an array among elements") }
                try readLevel(level + 1, into: &elements, &levels)
            } else {
                if levels.leaf < 0, level + 1 == levels.extents.count { levels.leaf = level }
                guard level == levels.leaf else { throw ragged("an element among arrays") }
                guard elements.hasRoom || elements.grow() else {
                    throw JSONError(
                        .tooManyElements,
                        at: position,
                        "more than \(elements.limit) elements",
                        remedy: "Make data and shape agree"
                    )
                }
                elements.append(try Element(reading: &self))
            }
            length += 1
        }
        if levels.extents[level] < 0 { levels.extents[level] = length }
        guard levels.extents[level] == length else {
            throw JSONError(
                .raggedArray,
                at: start,
                "a row of \(length) elements beside rows of \(levels.extents[level])",
                remedy: "Give all rows of a level one length"
            )
        }
    }

    private func ragged(_ what: String) -> JSONError {
        JSONError(.raggedArray, at: position, what, remedy: "Nest all rows to the same depth")
    }
}

extension Float: JSONScalar {
    /// Reads a number; `null` is read as NaN, since that is what orjson and our own writer make of NaN.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        if reader.bytes[reader.position] == UInt8(ascii: "n"), try reader.readNull() { self = .nan; return }
        self = try reader.readFloat()
    }
}

extension Double: JSONScalar {
    /// Reads a number; `null` is read as NaN, since that is what orjson and our own writer make of NaN.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        if reader.bytes[reader.position] == UInt8(ascii: "n"), try reader.readNull() { self = .nan; return }
        self = try reader.readDouble()
    }
}

extension Bool: JSONScalar {
    /// Reads `true` or `false`, or 1 or 0, as NumPy clients send them.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        guard try reader.peek() == .number else { self = try reader.readBool(); return }
        let start = reader.position
        switch try reader.readInteger(as: UInt8.self) {
        case 0: self = false
        case 1: self = true
        default:
            throw JSONError(
                .numberOutOfRange,
                at: start,
                "a number that is no truth value",
                remedy: "Send true or false"
            )
        }
    }
}

extension JSONScalar where Self: FixedWidthInteger {
    /// Reads a number with an integer value.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        self = try reader.readInteger()
    }
}

extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
