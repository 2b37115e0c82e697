/// Where the values of a graph lie that only runs forwards: they share memory as soon as nothing reads them any more.
struct ForwardLayout {
    /// The floats of all values and all working memory together.
    private(set) var count = 0
    private var values: [(variable: Variable, offset: Int)] = []
    private var working: [(operation: any Operation, offset: Int)] = []
    /// What is still read, by offset.
    private var taken: [(range: Range<Int>, through: Int)] = []

    /// - Parameters:
    ///   - inputs: What the caller fills before a run.
    ///   - kept: What the caller reads after it.
    /// - Complexity: O(*n²*) for *n* operations.
    init(_ operations: [any Operation], inputs: [Variable], rows: Int, keeping kept: Variable) {
        var lastReader: [ObjectIdentifier: Int] = [ObjectIdentifier(kept): operations.count]
        for (index, operation) in operations.enumerated() {
            for input in operation.inputs {
                lastReader[ObjectIdentifier(input)] = max(lastReader[ObjectIdentifier(input)] ?? 0, index)
            }
        }
        func lastRead(_ variable: Variable, from index: Int) -> Int {
            max(lastReader[ObjectIdentifier(variable)] ?? index, index)
        }
        for input in inputs {
            values.append((input, take(input.count(rows), through: lastRead(input, from: 0))))
        }
        for (index, operation) in operations.enumerated() {
            taken.removeAll { $0.through < index }
            let output = operation.output
            values.append((output, take(output.count(rows), through: lastRead(output, from: index))))
            let scratch = operation.scratchCount(rows: rows)
            if scratch > 0 { working.append((operation, take(scratch, through: index))) }
        }
        taken = []
    }

    /// The first gap that is large enough.
    private mutating func take(_ size: Int, through index: Int) -> Int {
        let size = Arena.footprint(size)
        var start = 0
        var place = 0
        while place < taken.count, taken[place].range.lowerBound < start + size {
            start = max(start, taken[place].range.upperBound)
            place += 1
        }
        taken.insert((start..<start + size, index), at: place)
        count = max(count, start + size)
        return start
    }

    /// Points variables and operations to their places in a block of `count` floats.
    func place(at base: UnsafeMutablePointer<Float>) {
        for (variable, offset) in values { variable.value = base + offset }
        for (operation, offset) in working { operation.place(scratch: base + offset) }
    }
}
