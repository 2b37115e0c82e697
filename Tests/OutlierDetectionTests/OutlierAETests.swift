import Methods
import OutlierDetection
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Outlier autoencoder` {
    static let catalog = MethodCatalog(OutlierDetection.factories)
    static let keys = "epochs = 60\nlearning_rate = 0.01\nenc_dim = 2\nhidden = [16]\nseed = 2\n"

    /// Rows near a plane in 8 dimensions, or anywhere in it.
    static func rows(_ count: Int, seed: UInt64, onPlane: Bool = true) -> Tensor<Float> {
        var plane = SeededGenerator(seed: 77)
        let axes = (0..<2).map { _ in (0..<8).map { _ in Float(plane.normal()) } }
        var generator = SeededGenerator(seed: seed)
        let values = (0..<count).flatMap { _ -> [Float] in
            let (a, b) = (Float(generator.normal()), Float(generator.normal()))
            return (0..<8).map { column in
                let noise = Float(generator.normal())
                return onPlane ? a * axes[0][column] + b * axes[1][column] + 0.1 * noise : 2 * noise
            }
        }
        return Tensor(vector: values).withShape([count, 8])
    }

    static func fitted(_ more: String = "p_val = 0.05", rows: Tensor<Float>, in directory: TemporaryDirectory) throws
        -> any InstanceScorer
    {
        let configuration = try MonitorConfiguration(
            parsing: "name = \"OutlierAE\"\n" + keys + more,
            catalog: catalog
        )
        let report = try Fitting.fit(configuration, catalog: catalog, rows: rows, output: directory.file("monitor"))
        guard case .instance(let scorer) = report.monitor.method else { throw CancellationError() }
        return scorer
    }

    @Test func `flags normal rows at no more than the promised rate, and rows off the plane nearly all`() throws {
        let directory = TemporaryDirectory()
        let scorer = try Self.fitted(rows: Self.rows(600, seed: 1), in: directory)
        #expect(scorer.promisedRate == 0.05)
        let normal = try scorer.score(Self.rows(400, seed: 2))
        // The 240 calibration rows are one draw: the rate given them varies by Beta(12, 229), up to 0.12 at 99.99 %,
        // and 99.99 % of Binomial(400, 0.12) is below 75; below 2 the method would be idle.
        #expect((2...75).contains(normal.isOutlier.count { $0 }))
        let strange = try scorer.score(Self.rows(200, seed: 3, onPlane: false))
        #expect(strange.isOutlier.count { $0 } >= 190)
    }

    @Test func `a row is flagged exactly when its score is above the threshold, and its p-value at most the rate`()
        throws
    {
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        let result = try scorer.score(Self.rows(200, seed: 4))
        for row in 0..<200 {
            #expect(result.isOutlier[row] == (result.scores[row] > scorer.threshold))
            #expect(result.isOutlier[row] == (result.pValues[row] <= 0.05))
        }
        #expect(result.pValues.allSatisfy { $0 > 0 && $0 <= 1 })
    }

    @Test func `the score is the mean of the feature scores, which have the shape of the rows`() throws {
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        let rows = Self.rows(10, seed: 4)
        let result = try scorer.score(rows)
        let features = try #require(result.featureScores)
        #expect(features.shape == rows.shape)
        for row in 0..<10 {
            let mean = features[row: row].elements.reduce(0) { $0 + Double($1) } / 8
            #expect(isClose(result.scores[row], mean, relative: 1e-12))
        }
    }

    @Test func `outlier_perc scores by the worst values alone`() throws {
        let scorer = try Self.fitted(
            "p_val = 0.05\noutlier_perc = 25",
            rows: Self.rows(300, seed: 1),
            in: TemporaryDirectory()
        )
        let result = try scorer.score(Self.rows(5, seed: 4))
        let worst = try #require(result.featureScores)[row: 0].elements.sorted(by: >).prefix(2)
        #expect(isClose(result.scores[0], Double(worst.reduce(0, +)) / 2, relative: 1e-6))
    }

    @Test func `scoring changes nothing, and a row's score is its own`() throws {
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        let rows = Self.rows(50, seed: 4)
        let first = try scorer.score(rows)
        _ = try scorer.score(Self.rows(500, seed: 5, onPlane: false))
        #expect(try scorer.score(rows) == first)
        let alone = try scorer.score(rows.rows(7..<8))
        #expect(isClose(alone.scores[0], first.scores[7], relative: 1e-4))  // a product may sum in another order
    }

    @Test func `the same numbers after each load`() throws {
        let directory = TemporaryDirectory()
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: directory)
        let rows = Self.rows(40, seed: 4)
        for _ in 0..<2 {
            let monitor = try Self.catalog.load(Artefact(reading: directory.file("monitor"), catalog: Self.catalog))
            guard case .instance(let loaded) = monitor.method else { throw CancellationError() }
            #expect(try loaded.score(rows) == scorer.score(rows))
            #expect(loaded.threshold == scorer.threshold)
        }
    }

    @Test func `rows with missing values cannot be scored and are not flagged`() throws {
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        var rows = Self.rows(3, seed: 4)
        rows[9] = .nan
        let result = try scorer.score(rows)
        #expect(result.scores[1].isNaN && result.pValues[1].isNaN && !result.isOutlier[1])
        #expect(result.scores[0].isFinite && result.scores[2].isFinite)
    }

    @Test func `edges are defined`() throws {
        let scorer = try Self.fitted(rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        #expect(try scorer.score(Self.rows(0, seed: 4)).scores.isEmpty)
        #expect(throws: MethodError.self) { try scorer.score(Tensor(shape: [2, 9], repeating: 0)) }
        let tooFew = try #require(throws: MethodError.self) {
            try Self.fitted("p_val = 0.01", rows: Self.rows(100, seed: 1), in: TemporaryDirectory())
        }
        #expect(tooFew.code == .neverFires)  // 40 calibration rows promise no 1 %
        let both = try #require(throws: MethodError.self) {
            try Self.fitted(
                "p_val = 0.05\nthreshold_perc = 95",
                rows: Self.rows(100, seed: 1),
                in: TemporaryDirectory()
            )
        }
        #expect(both.code == .invalidConfiguration)
    }

    @Test func `threshold_perc says the same as p_val`() throws {
        let one = try Self.fitted("threshold_perc = 95", rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        let other = try Self.fitted("p_val = 0.05", rows: Self.rows(300, seed: 1), in: TemporaryDirectory())
        #expect(one.threshold == other.threshold)
    }
}
