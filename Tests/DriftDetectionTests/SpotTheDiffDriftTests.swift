import DriftDetection
import Methods
import Tensors
import TestSupport
import Testing

@Suite struct `Spot the difference` {
    @Test func `finds the column and the direction of a change, in the unit of the rows`() throws {
        var reference = Fixture.normal(500, 3, seed: 1)
        var window = Fixture.normal(300, 3, seed: 2)
        for row in 0..<500 { reference[row * 3 + 1] *= 10 }
        for row in 0..<300 { window[row * 3 + 1] = 10 * (window[row * 3 + 1] + 2) }
        let test = try Fixture.fittedTest("SpotTheDiffDrift", reference, "epochs = 60")
        let result = try test.test(window, level: 0.05, using: 1)
        #expect(result.isDrift)
        let differences = try #require(result.details["diffs"])
        let coefficient = try #require(result.details["diff_coeffs"]?.first)
        #expect(differences.count == 3)
        // Either the window lies at the difference, or the reference away from it.
        #expect((coefficient > 0) == (differences[1] > 0), "\(differences) \(coefficient)")
        #expect(abs(differences[1]) / 10 > 2 * max(abs(differences[0]), abs(differences[2])), "\(differences)")
        #expect(try test.test(window, level: 0.05, using: 1) == result)
    }

    @Test func `clean windows are flagged at no more than the promised rate`() throws {
        var flagged = 0
        for index in 0..<100 {
            let test = try Fixture.fittedTest(
                "SpotTheDiffDrift",
                Fixture.normal(80, 3, seed: UInt64(1000 + index)),
                "epochs = 5"
            )
            let window = Fixture.normal(60, 3, seed: UInt64(5000 + index))
            if try test.test(window, level: 0.05, using: UInt64(index)).isDrift { flagged += 1 }
        }
        #expect(flagged <= 15, "\(flagged) of 100")  // 99.99 % quantile of Binomial(100, 0.05)
    }
}
