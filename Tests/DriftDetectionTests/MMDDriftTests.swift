import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Maximum mean discrepancy` {
    @Test func `statistic and permuted statistics equal numpy's for given permutations`() throws {
        let cases = try #require(ReferenceValues.read("drift")["maximumMeanDiscrepancy"]?.array)
        #expect(cases.count == 3)
        for entry in cases {
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            let columns = try #require(entry["columns"]?.int)
            let reference = Fixture.matrix(entry["reference"], columns: columns)
            let window = Fixture.matrix(entry["window"], columns: columns)
            let expectedWidths = Fixture.numbers(entry["sigmas"])
            let kernel =
                entry["given"]?.array == nil
                ? GaussianKernel(medianOf: reference, seed: 0)
                : GaussianKernel(sigmas: expectedWidths.map { Float($0) })
            // Squared distances of values near 1,000 keep about 5 digits in single precision.
            #expect(areClose(kernel.sigmas.map(Double.init), expectedWidths, relative: 1e-5), name)

            let result = try Fixture.maximumMeanDiscrepancy(reference, kernel: kernel).test(
                window,
                level: 0.05,
                using: 0
            )
            // Sums of single-precision kernel values of at most 1.
            #expect(isClose(result.distances[0], try #require(entry["mmd2"]?.double), absolute: 2e-5), name)

            let sample = try PooledSample(
                reference: reference,
                window: window,
                centre: (0..<columns).map { reference[$0] },
                kernel: SimilarityKernel(kernel)
            )
            let permutations = try #require(entry["permutations"]?.array).map { $0.array?.compactMap(\.int) ?? [] }
            var memberships = [Float](repeating: 0, count: sample.rows * permutations.count)
            for (column, rows) in permutations.enumerated() {
                for row in rows { memberships[row * permutations.count + column] = 1 }
            }
            let sums = sample.sums(memberships: memberships, count: permutations.count)
            let permuted = permutations.indices.map { Discrepancy.squared(sums, $0, sample) }
            #expect(areClose(permuted, Fixture.numbers(entry["permuted"]), absolute: 2e-5), name)
        }
    }

    @Test func `the same rows, level and seed give the same result, and the order of rows the same statistic`() throws {
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(150, 5, seed: 1))
        let window = Fixture.normal(60, 5, shift: 0.2, seed: 2)
        #expect(try test.test(window, level: 0.05, using: 9) == test.test(window, level: 0.05, using: 9))
        var generator = SeededGenerator(seed: 3)
        let shuffled = try test.test(window.selectingRows(generator.permutation(60)), level: 0.05, using: 9)
        let plain = try test.test(window, level: 0.05, using: 10)
        #expect(isClose(shuffled.distances[0], plain.distances[0], absolute: 1e-6))
    }

    @Test func `p-values are never 0 and keep their level at 0_001 with 100 permutations`() throws {
        // k/P gave 0 for every window beyond all permutations, ten times too often at level 0.001.
        let test = try Fixture.maximumMeanDiscrepancy(
            Fixture.normal(60, 3, seed: 1),
            "n_permutations = 100\nmax_permutations = 100\np_val = 0.001"
        )
        let far = try test.test(Fixture.normal(40, 3, shift: 3, seed: 2), level: 0.001, using: 0)
        #expect(far.pValue == 1.0 / 101)
        #expect(!far.isDrift)
        #expect(test.smallestPValue(rows: 40) == 1.0 / 101)
    }

    @Test func `draws more permutations as far as the level needs them`() throws {
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(60, 3, seed: 1), "max_permutations = 5000")
        let far = Fixture.normal(40, 3, shift: 3, seed: 2)
        #expect(try test.test(far, level: 0.05, using: 0).pValue == 1.0 / 101)
        #expect(try test.test(far, level: 0.001, using: 0).pValue == 1.0 / 2001)
        #expect(try test.test(far, level: 1e-9, using: 0).pValue == 1.0 / 5001)
        let near = try test.test(Fixture.normal(40, 3, seed: 3), level: 1e-9, using: 0)
        #expect(near.pValue > 0.05)  // a clean window stops after the first hundred
        #expect((near.pValue * 101).rounded() / 101 == near.pValue)
        #expect(PermutationPlan(first: 100, level: 1e-4, bound: 20_000).stages == [100, 1000, 10_000, 20_000])
        #expect(PermutationPlan(first: 100, level: 0, bound: 50).stages == [100])
    }

    @Test func `equal rows in reference and window are no drift`() throws {
        let constant = Tensor<Float>(shape: [30, 2], repeating: 4)
        let test = try Fixture.maximumMeanDiscrepancy(constant)
        let result = try test.test(constant.rows(0..<10), level: 0.05, using: 0)
        #expect(result.pValue == 1)  // every permutation ties, and ties count as reached
        #expect(abs(result.distances[0]) < 1e-6)
    }

    @Test func `rows with missing values are left out and counted`() throws {
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(60, 3, seed: 1))
        let window = Fixture.normal(40, 3, seed: 2)
        var gaps = window
        gaps[0] = .nan
        gaps[7 * 3 + 1] = .infinity
        let result = try test.test(gaps, level: 0.05, using: 4)
        #expect(result.excludedRows == 2)
        let kept = window.selectingRows((0..<40).filter { $0 != 0 && $0 != 7 })
        #expect(try test.test(kept, level: 0.05, using: 4).distances == result.distances)
        #expect(throws: MethodError.self) {
            try test.test(Tensor(shape: [5, 3], repeating: .nan), level: 0.05, using: 0)
        }
    }

    @Test func `edges are refused by name`() throws {
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(20, 3, seed: 1))
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(1, 3, seed: 2), level: 0.05, using: 0) }
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(10, 4, seed: 2), level: 0.05, using: 0) }
        #expect(throws: MethodError.self) {
            try Fixture.maximumMeanDiscrepancy(Fixture.normal(1, 3, seed: 1), kernel: GaussianKernel(sigmas: [1]))
        }
        #expect(throws: MethodError.self) {
            try Fixture.maximumMeanDiscrepancy(
                Tensor(shape: [9, 2], repeating: .nan),
                kernel: GaussianKernel(sigmas: [1])
            )
        }
        #expect(GaussianKernel(medianOf: Tensor(shape: [9, 2], repeating: 5), seed: 0).sigmas == [1])
        #expect(try test.test(Fixture.normal(2, 3, seed: 2), level: 0.05, using: 0).pValue > 0)
    }

    @Test func `a window beyond the distance threshold is drift, one below is not`() throws {
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(100, 3, seed: 1))
        for shift in stride(from: Float(0), through: 1, by: 0.1) {
            let result = try test.test(Fixture.normal(50, 3, shift: shift, seed: 5), level: 0.05, using: 6)
            let threshold = try #require(result.distanceThreshold)
            if abs(result.distances[0] - threshold) > 2e-6 {
                #expect(result.isDrift == (result.distances[0] > threshold), "shift \(shift)")
            }
        }
    }

    @Test func `the interval of the effect covers the distance between the distributions`() throws {
        // Two unit normals in one dimension, δ apart, kernel width 1: MMD² = 2/√3 · (1 − exp(−δ²/6)).
        let expected = (2 / 3.0.squareRoot() * (1 - 0.846481724890614)).squareRoot()  // δ = 1
        var covered = 0
        for index in 0..<60 {
            let test = try Fixture.maximumMeanDiscrepancy(
                Fixture.normal(150, 1, seed: UInt64(100 + index)),
                kernel: GaussianKernel(sigmas: [1])
            )
            let effect = try test.test(
                Fixture.normal(80, 1, shift: 1, seed: UInt64(500 + index)),
                level: 0.05,
                using: 1
            ).effect
            if (effect.low...effect.high).contains(expected) { covered += 1 }
        }
        #expect(covered >= 50)  // 0.01 % quantile of Binomial(60, 0.95) is 48
    }

    @Test func `clean windows are flagged at no more than the promised rate`() throws {
        var flagged = 0
        for index in 0..<300 {
            let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(60, 4, seed: UInt64(1000 + index)))
            let window = Fixture.normal(30, 4, seed: UInt64(5000 + index))
            if try test.test(window, level: 1e-4, using: UInt64(index)).isDrift { flagged += 1 }
        }
        // 99.99 % quantile of Binomial(300, 0.05) is 31; a test that never fires would give 0.
        #expect((3...31).contains(flagged), "\(flagged) of 300")
    }

    @Test func `a change of shape is seen where no column's mean moves`() throws {
        var generator = SeededGenerator(seed: 8)
        func circle(_ rows: Int) -> Tensor<Float> {  // correlated against uncorrelated
            Tensor(
                vector: (0..<rows).flatMap { _ -> [Float] in
                    let x = Float(generator.normal())
                    return [x, 0.9 * x + 0.43 * Float(generator.normal())]
                }
            ).withShape([rows, 2])
        }
        let test = try Fixture.maximumMeanDiscrepancy(Fixture.normal(300, 2, seed: 1))
        #expect(try test.test(circle(150), level: 0.05, using: 2).isDrift)
    }
}

@Suite struct `Fitted drift monitors` {
    // Elsewhere thresholds moved at each load, and a restart raised false alarms.
    @Test(arguments: ["KSDrift", "MMDDrift"])
    func `give the same numbers each time they are loaded`(method: String) throws {
        let directory = TemporaryDirectory()
        let configuration = try MonitorConfiguration(
            parsing: "name = \"\(method)\"\nseed = 4\n[preprocess]\nmethod = \"pca\"\nn_components = 2",
            catalog: Fixture.catalog
        )
        let report = try Fitting.fit(
            configuration,
            catalog: Fixture.catalog,
            rows: Fixture.normal(200, 6, seed: 1),
            output: directory.file("monitor")
        )
        let window = Fixture.normal(50, 6, shift: 0.4, seed: 2)
        var results: [WindowResult] = []
        for monitor in [report.monitor]
            + (try (0..<2).map { _ in
                try Fixture.catalog.load(Artefact(reading: directory.file("monitor"), catalog: Fixture.catalog))
            })
        {
            guard case .window(let test) = monitor.method else { continue }
            results.append(try test.test(monitor.features(of: window, from: .inputs), level: 0.01, using: 3))
        }
        #expect(results.count == 3)
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test func `a monitor whose level no permutation count reaches is refused`() throws {
        let configuration = try MonitorConfiguration(
            parsing: """
                name = "MMDDrift"
                max_permutations = 1000
                [monitor]
                model = "m"
                window = { size = 50, at_most = "1m" }
                """,
            catalog: Fixture.catalog
        )
        let error = try #require(throws: MethodError.self) {
            try Fitting.fit(
                configuration,
                catalog: Fixture.catalog,
                rows: Fixture.normal(100, 2, seed: 1),
                output: TemporaryDirectory().file("monitor")
            )
        }
        #expect(error.code == .neverFires)
    }
}
