import DriftDetection
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `Least-squares density difference` {
    private func fitted(_ reference: Tensor<Float>, _ keys: String = "") throws -> any WindowTest {
        try Fixture.fittedTest("LSDDDrift", reference, keys)
    }

    @Test func `clean windows are flagged at no more than the promised rate, and a shift is seen`() throws {
        var flagged = 0
        var seen = 0
        for index in 0..<200 {
            let test = try fitted(Fixture.normal(80, 4, seed: UInt64(1000 + index)))
            let clean = Fixture.normal(40, 4, seed: UInt64(5000 + index))
            if try test.test(clean, level: 0.05, using: UInt64(index)).isDrift { flagged += 1 }
            let moved = Fixture.normal(40, 4, shift: 1, seed: UInt64(7000 + index))
            if try test.test(moved, level: 0.05, using: UInt64(index)).isDrift { seen += 1 }
        }
        // 99.99 % quantile of Binomial(200, 0.05) is 23.
        #expect((1...23).contains(flagged), "\(flagged) of 200")
        #expect(seen >= 195, "\(seen) of 200")
    }

    @Test func `repeated rows, constant columns and equal samples are allowed`() throws {
        // Elsewhere rows that repeat were refused, and a column without spread was divided by 10⁻¹².
        let repeated = Tensor<Float>(vector: (0..<120).map { Float($0 % 3) + ($0 % 2 == 0 ? 0 : 5) }).withShape([60, 2])
        let test = try fitted(repeated, "n_kernel_centers = 20")
        #expect(try test.test(repeated.rows(0..<30), level: 0.05, using: 1).pValue > 0.2)
        let constant = Tensor<Float>(shape: [40, 3], repeating: 7)
        let equal = try fitted(constant).test(constant.rows(0..<10), level: 0.05, using: 1)
        #expect(equal.pValue == 1 && !equal.isDrift)
        let moved = try fitted(constant).test(Tensor(shape: [10, 3], repeating: 9), level: 0.05, using: 1)
        #expect(moved.isDrift)
    }

    @Test func `missing values are left out, one row is enough, and an empty window is refused`() throws {
        let test = try fitted(Fixture.normal(60, 3, seed: 1))
        var gaps = Fixture.normal(20, 3, seed: 2)
        gaps[4] = .nan
        gaps[10] = -.infinity
        #expect(try test.test(gaps, level: 0.05, using: 1).excludedRows == 2)
        #expect(try test.test(Fixture.normal(1, 3, seed: 2), level: 0.05, using: 1).pValue > 0)
        let empty = Tensor<Float>(shape: [0, 3], repeating: 0)
        #expect(throws: MethodError.self) { try test.test(empty, level: 0.05, using: 1) }
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(9, 4, seed: 2), level: 0.05, using: 1) }
        #expect(throws: MethodError.self) { try fitted(Fixture.normal(30, 2, seed: 1), "n_kernel_centers = 29") }
        #expect(throws: MethodError.self) { try fitted(Tensor(shape: [30, 2], repeating: .nan)) }
    }
}
