/// The state of a sequential test as 64-bit words, in the order in which they were appended.
///
/// A double is its bit pattern, so a state that is read back equals the one that was written, NaN included.
package struct StateWords: Sendable, Equatable {
    /// What was appended.
    package private(set) var words: [UInt64] = []

    /// Nothing yet.
    package init() {}

    /// Appends a whole number.
    package mutating func append(_ value: Int) { words.append(UInt64(bitPattern: Int64(value))) }

    /// Appends a number.
    package mutating func append(_ value: Double) { words.append(value.bitPattern) }

    /// Appends a word as it is: a part of a generator's state.
    package mutating func append(_ value: UInt64) { words.append(value) }

    /// Appends a flag.
    package mutating func append(_ value: Bool) { words.append(value ? 1 : 0) }

    /// Appends a count, then the numbers.
    package mutating func append(_ values: [Double]) {
        append(values.count)
        words.append(contentsOf: values.lazy.map(\.bitPattern))
    }

    /// Appends a count, then the numbers, two to a word.
    package mutating func append(_ values: [Float]) {
        append(values.count)
        for place in stride(from: 0, to: values.count, by: 2) {
            let second = place + 1 < values.count ? UInt64(values[place + 1].bitPattern) : 0
            words.append(UInt64(values[place].bitPattern) | second << 32)
        }
    }
}

/// Takes the parts of a state out of its words, in the order in which they were put in.
///
/// Every read is checked against what is left and what the caller expects: a foreign state is an error.
package struct StateWordReader: Sendable {
    private var rest: ArraySlice<UInt64>

    /// Reads words that a ``StateWords`` holds.
    package init(_ words: [UInt64]) { rest = words[...] }

    /// Whether everything was taken out.
    package var isAtEnd: Bool { rest.isEmpty }

    /// Takes a word.
    package mutating func word() throws(MethodError) -> UInt64 {
        guard let word = rest.popFirst() else { throw Self.foreign("it ends too early") }
        return word
    }

    /// Takes a whole number within a range.
    package mutating func integer(in range: ClosedRange<Int> = 0...Int.max) throws(MethodError) -> Int {
        let value = Int(Int64(bitPattern: try word()))
        guard range.contains(value) else { throw Self.foreign("it holds \(value) where \(range) is possible") }
        return value
    }

    /// Takes a number.
    package mutating func number() throws(MethodError) -> Double { Double(bitPattern: try word()) }

    /// Takes a flag.
    package mutating func flag() throws(MethodError) -> Bool { try integer(in: 0...1) == 1 }

    /// Takes numbers, at most so many.
    package mutating func numbers(atMost limit: Int) throws(MethodError) -> [Double] {
        let count = try integer(in: 0...limit)
        return try take(count).map { Double(bitPattern: $0) }
    }

    /// Takes numbers that were written two to a word, at most so many.
    package mutating func floats(atMost limit: Int) throws(MethodError) -> [Float] {
        let count = try integer(in: 0...limit)
        let words = try take((count + 1) / 2)
        return (0..<count).map { place in
            Float(
                bitPattern: UInt32(truncatingIfNeeded: words[words.startIndex + place / 2] >> (place % 2 == 0 ? 0 : 32))
            )
        }
    }

    private mutating func take(_ count: Int) throws(MethodError) -> ArraySlice<UInt64> {
        guard count <= rest.count else { throw Self.foreign("it ends \(count - rest.count) words too early") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// The error for words that no state of the test wrote.
    package static func foreign(_ problem: String) -> MethodError {
        MethodError(
            .invalidState,
            "the state of a sequential test is not its own: \(problem)",
            remedy: "Remove the state; the test then begins anew"
        )
    }
}
