import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Kolmogorov-Smirnov drift` {
    static let alternatives = [
        ("two-sided asymp", "alternative = \"two-sided\""),
        ("two-sided exact", "mode = \"exact\""),
        ("less asymp", "alternative = \"less\""),
        ("greater asymp", "alternative = \"greater\""),
    ]

    @Test(arguments: alternatives)
    func `equals scipy by column, with ties and missing values`(result: String, keys: String) throws {
        let cases = try #require(ReferenceValues.read("drift")["kolmogorovSmirnov"]?.array)
        #expect(cases.count == 5)
        for entry in cases {
            let columns = try #require(entry["columns"]?.int)
            let expected = try #require(entry["results"]?[result])
            let test = try Fixture.kolmogorovSmirnov(Fixture.matrix(entry["reference"], columns: columns), keys)
            let found = try test.test(Fixture.matrix(entry["window"], columns: columns), level: 0.05, using: 0)
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            // The same divisions; scipy subtracts the fractions in another order.
            #expect(areClose(found.distances, Fixture.numbers(expected["statistics"]), absolute: 1e-15), name)
            #expect(
                areClose(found.pValues, Fixture.numbers(expected["p_values"]), absolute: 1e-14, relative: 1e-9),
                name
            )
            let missing = Fixture.numbers(entry["missing"])
            // Sums of up to 70 exponentials of logarithms of factorials.
            #expect(areClose(found.missing.map(\.pValue), missing, relative: 1e-9), name)
            if missing.isEmpty {
                #expect(isClose(found.pValue, try #require(expected["bonferroni"]?.double), relative: 1e-9), name)
                let steps = try Fixture.kolmogorovSmirnov(
                    Fixture.matrix(entry["reference"], columns: columns),
                    keys + "\ncorrection = \"fdr\""
                )
                let stepped = try steps.test(Fixture.matrix(entry["window"], columns: columns), level: 0.05, using: 0)
                #expect(isClose(stepped.pValue, try #require(expected["fdr"]?.double), relative: 1e-9), name)
            }
        }
    }

    @Test func `statistic of the rank walk equals the one by definition, on any ties`() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<300 {
            let values = 1 + generator.index(below: 12)
            func sample(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.index(below: values)) } }
            let reference = sample(2 + generator.index(below: 30))
            let window = sample(1 + generator.index(below: 30))
            let test = try Fixture.kolmogorovSmirnov(Tensor(vector: reference).withShape([reference.count, 1]))
            let found = try test.test(Tensor(vector: window).withShape([window.count, 1]), level: 1, using: 0)
            let expected = try KolmogorovSmirnov.statistic(
                reference: reference.map(Double.init),
                test: window.map(Double.init)
            )
            #expect(abs(found.distances[0] - expected) < 1e-15)
        }
    }

    @Test func `order of rows does not matter, and a window of the reference's own rows is no drift`() throws {
        let reference = Fixture.normal(300, 4, seed: 1)
        let test = try Fixture.kolmogorovSmirnov(reference)
        let window = Fixture.normal(80, 4, shift: 0.3, seed: 2)
        var generator = SeededGenerator(seed: 3)
        let shuffled = window.selectingRows(generator.permutation(80))
        #expect(try test.test(window, level: 0.05, using: 1) == test.test(shuffled, level: 0.05, using: 2))
        let own = try test.test(reference, level: 0.05, using: 0)
        #expect(own.distances == [0, 0, 0, 0] && own.pValue == 1 && !own.isDrift)
    }

    @Test func `reports the threshold as one number, also when no step of Benjamini and Hochberg passes`() throws {
        let reference = Fixture.normal(200, 5, seed: 1)
        let test = try Fixture.kolmogorovSmirnov(reference, "correction = \"fdr\"\np_val = 0.05")
        let same = try test.test(Fixture.normal(100, 5, seed: 2), level: 0.05, using: 0)
        #expect(!same.isDrift)
        #expect(same.threshold == 0.05 / 5)
        let moved = try test.test(Fixture.normal(100, 5, shift: 2, seed: 2), level: 0.05, using: 0)
        #expect(moved.isDrift)
        #expect(abs(moved.threshold - 0.05) < 1e-15)  // all five steps pass
        let bonferroni = try Fixture.kolmogorovSmirnov(reference).test(
            Fixture.normal(100, 5, seed: 2),
            level: 0.05,
            using: 0
        )
        #expect(bonferroni.threshold == 0.05 / 5)
    }

    @Test func `the answer is drift exactly when the window's p-value is at most the level`() throws {
        let test = try Fixture.kolmogorovSmirnov(Fixture.normal(200, 3, seed: 1))
        for shift in stride(from: Float(0), through: 0.6, by: 0.05) {
            let result = try test.test(Fixture.normal(100, 3, shift: shift, seed: 4), level: 0.05, using: 0)
            #expect(result.isDrift == (result.pValue <= 0.05))
            #expect(result.isDrift == result.pValues.contains { $0 <= result.threshold })
            #expect(result.effect.low <= result.effect.value && result.effect.value <= result.effect.high)
            #expect(result.effect.value == result.distances.max())
        }
    }

    @Test func `a column that goes missing is drift, and one that was always missing as much is not`() throws {
        func withGaps(_ rows: Tensor<Float>, every step: Int) -> Tensor<Float> {
            var rows = rows
            for row in stride(from: 0, to: rows.rows, by: step) { rows[row * 2 + 1] = .nan }
            return rows
        }
        let whole = try Fixture.kolmogorovSmirnov(Fixture.normal(400, 2, seed: 1))
        let gone = try whole.test(withGaps(Fixture.normal(100, 2, seed: 2), every: 4), level: 0.05, using: 0)
        #expect(gone.isDrift)
        #expect(gone.missing.map(\.name) == ["1"] && gone.missing[0].statistic == 0.25)
        #expect(gone.pValues.count == 2)  // in column order, whatever else was tested
        let always = try Fixture.kolmogorovSmirnov(withGaps(Fixture.normal(400, 2, seed: 1), every: 4))
        #expect(try !always.test(withGaps(Fixture.normal(100, 2, seed: 2), every: 4), level: 0.05, using: 0).isDrift)
        var empty = Fixture.normal(100, 2, seed: 2)
        for row in 0..<100 { empty[row * 2 + 1] = .nan }
        let nothing = try whole.test(empty, level: 0.05, using: 0)
        #expect(nothing.isDrift && nothing.pValues[1] == 1)
    }

    @Test func `edges are defined`() throws {
        let reference = Fixture.normal(50, 2, seed: 1)
        let test = try Fixture.kolmogorovSmirnov(reference)
        #expect(throws: MethodError.self) { try test.test(reference.rows(0..<0), level: 0.05, using: 0) }
        #expect(throws: MethodError.self) { try test.test(Tensor(shape: [5, 3], repeating: 0), level: 0.05, using: 0) }
        #expect(try test.test(reference.rows(0..<1), level: 0.05, using: 0).pValues.count == 2)
        let infinite = Tensor<Float>(shape: [40, 2], repeating: .infinity)
        let far = try test.test(infinite, level: 0.05, using: 0)
        #expect(far.isDrift && far.pValue > 0 && far.distances == [1, 1])
        let constant = try Fixture.kolmogorovSmirnov(Tensor(shape: [50, 1], repeating: 3))
        #expect(try constant.test(Tensor(shape: [20, 1], repeating: 3), level: 0.05, using: 0).pValue == 1)
        #expect(throws: MethodError.self) { try Fixture.kolmogorovSmirnov(Tensor(shape: [5, 1], repeating: .nan)) }
        #expect(throws: MethodError.self) {
            try Fixture.kolmogorovSmirnov(reference, "alternative = \"less\"\nmode = \"exact\"")
        }
    }

    @Test func `images are compared value by value`() throws {
        let test = try Fixture.kolmogorovSmirnov(Fixture.normal(60, 12, seed: 1).withShape([60, 2, 2, 3]))
        #expect(
            try test.test(Fixture.normal(30, 12, seed: 2).withShape([30, 2, 2, 3]), level: 0.05, using: 0).pValues.count
                == 12
        )
    }

    @Test(arguments: ["bonferroni", "fdr"])
    func `clean windows are flagged at no more than the promised rate`(correction: String) throws {
        var flagged = 0
        let windows = 400
        for index in 0..<windows {  // the promise is over references too, so each window gets its own
            let test = try Fixture.kolmogorovSmirnov(
                Fixture.normal(200, 8, seed: UInt64(1000 + index)),
                "correction = \"\(correction)\""
            )
            if try test.test(Fixture.normal(100, 8, seed: UInt64(9000 + index)), level: 0.05, using: 0).isDrift {
                flagged += 1
            }
        }
        // 99.99 % quantile of Binomial(400, 0.05); a test that never fires would give 0.
        #expect((4...38).contains(flagged), "\(flagged) of \(windows)")
    }
}
