import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Label shift` {
    /// Answers of a model to rows of three classes with given shares: right in about four of five.
    static func rows(
        _ count: Int,
        shares: [Double],
        sharpness: Double = 2.5,
        seed: UInt64
    ) -> (outputs: Tensor<Float>, labels: [Int]) {
        var generator = SeededGenerator(seed: seed)
        var (values, labels) = ([Float](), [Int]())
        for _ in 0..<count {
            let draw = generator.uniform()
            let label = draw < shares[0] ? 0 : draw < shares[0] + shares[1] ? 1 : 2
            let logits = (0..<3).map { ($0 == label ? sharpness : 0) + generator.normal() }
            // Softmax without exp: any increasing function of the logits answers alike.
            let parts = logits.map { $0 > 0 ? 1 + $0 : 1 / (1 - $0) }
            let total = parts.reduce(0, +)
            values += parts.map { Float($0 / total) }
            labels.append(label)
        }
        return (Tensor(vector: values).withShape([count, 3]), labels)
    }

    private static let even = [0.4, 0.3, 0.3]

    @Test func `finds the shares of the window, and calls it label shift`() throws {
        let reference = Self.rows(3000, shares: Self.even, seed: 1)
        let shift = try LabelShift(outputs: reference.outputs, labels: reference.labels)
        let window = Self.rows(400, shares: [0.1, 0.2, 0.7], seed: 7)
        let found = try #require(try shift.answer(for: window.outputs, seed: 1))
        #expect(found.isConsistent, "\(found)")
        for (index, share) in [0.1, 0.2, 0.7].enumerated() {
            #expect(abs(found.shares[index] - share) < 0.08, "\(found.shares)")
            #expect(found.low[index] <= found.shares[index] && found.shares[index] <= found.high[index])
            #expect(found.low[index] < share && share < found.high[index], "\(found)")
        }
        #expect(found.sentence.hasPrefix("consistent with label shift: class 2 from 0.3"), "\(found.sentence)")
        #expect(found == (try shift.answer(for: window.outputs, seed: 1)))
        #expect(isClose(found.shares.reduce(0, +), 1, absolute: 1e-12))
    }

    @Test func `leaves undetermined what shares do not explain`() throws {
        let reference = Self.rows(3000, shares: Self.even, seed: 1)
        let shift = try LabelShift(outputs: reference.outputs, labels: reference.labels)
        // The model has become less sure within every class.
        let window = Self.rows(400, shares: Self.even, sharpness: 1.2, seed: 3)
        let found = try #require(try shift.answer(for: window.outputs, seed: 1))
        #expect(!found.isConsistent && found.sentence.hasPrefix("undetermined"), "\(found)")
        // Answers that do not depend on the class.
        let blind = Self.rows(500, shares: Self.even, sharpness: 0, seed: 4)
        var constant = blind.outputs
        for row in 0..<500 { (constant[row * 3], constant[row * 3 + 1], constant[row * 3 + 2]) = (1, 0, 0) }
        let nothing = try LabelShift(outputs: constant, labels: blind.labels)
        let silent = try #require(try nothing.answer(for: window.outputs, seed: 1))
        #expect(silent.pValue == nil && !silent.isConsistent && silent.sentence.hasPrefix("undetermined"))
    }

    @Test func `calls label shift by its name in nineteen of twenty windows`() throws {
        let reference = Self.rows(3000, shares: Self.even, seed: 1)
        let shift = try LabelShift(outputs: reference.outputs, labels: reference.labels)
        let runs = 100
        let consistent = try (0..<runs).count {
            let window = Self.rows(150, shares: [0.7, 0.1, 0.2], seed: UInt64(100 + $0))
            return try shift.answer(for: window.outputs, seed: UInt64($0))?.isConsistent == true
        }
        // A standard error is 2.2; the reference's own deviations, which all windows share, add to it.
        #expect(consistent >= 95 - 4 * 3, "\(consistent) of \(runs)")
    }

    @Test func `solves two classes by hand`() throws {
        // Of ten rows of either class nine are told rightly; seven of ten answers are the second class:
        // q = (0.7 − 0.1) / 0.8.
        let outputs = Tensor<Float>(
            vector: (0..<20).flatMap { row in (row < 10) == (row % 10 < 9) ? [1, 0] : [0, 1] as [Float] }
        ).withShape([20, 2])
        let shift = try LabelShift(outputs: outputs, labels: (0..<20).map { $0 < 10 ? 0 : 1 })
        let window = Tensor<Float>(vector: (0..<10).flatMap { $0 < 3 ? [1, 0] : [0, 1] as [Float] }).withShape([10, 2])
        let found = try #require(try shift.answer(for: window, seed: 0))
        #expect(isClose(found.shares[1], 0.75, absolute: 1e-9))
        #expect(areClose(found.before, [0.5, 0.5], absolute: 1e-12))
        // The weighted reference answers as the window does.
        #expect(found.pValue == 1)
    }

    @Test func `refuses what are no labels`() throws {
        let reference = Self.rows(30, shares: Self.even, seed: 1)
        #expect(throws: MethodError.self) { try LabelShift(outputs: reference.outputs, labels: [1, 2]) }
        #expect(throws: MethodError.self) {
            try LabelShift(outputs: reference.outputs, labels: reference.labels.map { $0 + 1 })
        }
        #expect(throws: MethodError.self) {
            try LabelShift(outputs: Tensor(shape: [2, 1], repeating: 1), labels: [0, 0])
        }
        let shift = try LabelShift(outputs: reference.outputs, labels: reference.labels)
        #expect(try shift.answer(for: Tensor(shape: [4, 3], repeating: .nan), seed: 0) == nil)
    }
}
