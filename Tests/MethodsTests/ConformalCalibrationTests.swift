import Methods
import Statistics
import Testing

@Suite struct `Conformal calibration` {
    @Test func `p-values equal those by hand, ties counted against the row`() throws {
        let calibration = try ConformalCalibration(scores: [4, 1, 2, 2], rate: 0.5)
        #expect(calibration.pValue(5) == 1.0 / 5)
        #expect(calibration.pValue(4) == 2.0 / 5)
        #expect(calibration.pValue(3) == 2.0 / 5)
        #expect(calibration.pValue(2) == 4.0 / 5)
        #expect(calibration.pValue(0) == 1)
    }

    @Test func `is never above 1, also at the centre`() throws {  // Elsewhere: (1 + #greater) / n came to 1.005 there
        let calibration = try ConformalCalibration(scores: (0..<200).map(Double.init), rate: 0.05)
        #expect((0..<200).allSatisfy { calibration.pValue(Double($0)) <= 1 })
        #expect(calibration.pValue(-.infinity) == 1)
        #expect(calibration.pValue(.infinity) == 1.0 / 201)
    }

    @Test(arguments: [0.01, 0.05, 0.07, 0.1, 0.29, 0.5, 1.0 / 3], [99, 100, 141, 299])
    func `flags exactly the scores above the threshold`(rate: Double, count: Int) throws {
        var generator = SeededGenerator(seed: 5)
        let scores = (0..<count).map { _ in Double(generator.index(below: 40)) }  // with ties
        let calibration = try ConformalCalibration(scores: scores, rate: rate)
        for score in stride(from: -1.0, through: 41, by: 0.5) {
            #expect((calibration.pValue(score) <= rate) == (score > calibration.threshold), "score \(score)")
        }
    }

    @Test func `a rate that no p-value can reach is refused with the rows that it takes`() throws {
        let error = try #require(throws: MethodError.self) {
            try ConformalCalibration(scores: Array(repeating: 0, count: 98), rate: 0.01)
        }
        #expect(error.code == .neverFires)
        #expect(error.remedy.contains("99"))
        #expect(try ConformalCalibration(scores: Array(repeating: 0, count: 99), rate: 0.01).threshold == 0)
    }

    @Test func `a NaN score has no p-value and is not flagged`() throws {
        let calibration = try ConformalCalibration(scores: [1, 2, 3], rate: 0.5)
        let verdicts = calibration.verdicts([.nan, 9])
        #expect(verdicts.pValues[0].isNaN)
        #expect(verdicts.flags == [false, true])
        #expect(throws: MethodError.self) { try ConformalCalibration(scores: [1, .nan], rate: 0.5) }
    }

    @Test func `flags new rows at no more than the promised rate`() throws {
        let rate = 0.05
        var generator = SeededGenerator(seed: 11)
        var flagged = 0
        for _ in 0..<400 {  // the promise is over calibration sets too, so each row gets its own
            let calibration = try ConformalCalibration(scores: (0..<59).map { _ in generator.normal() }, rate: rate)
            if calibration.pValue(generator.normal()) <= rate { flagged += 1 }
        }
        // 99.99 % quantile of Binomial(400, 0.05) is 38; far below 5 the method would be idle.
        #expect((5...38).contains(flagged))
    }
}
