import JSON
import PerformanceMetrics
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Classification report` {
    @Test(arguments: ["binary", "many"])
    func `equals scikit-learn`(name: String) throws {
        let reference = try #require(ReferenceValues.read("metrics")[name])
        let labels = try #require(reference["labels"]?.array).compactMap(\.int)
        let classes = try #require(reference["classes"]?.int)
        let values = try #require(reference["probabilities"]?.array).compactMap(\.double).map(Float.init)
        let scores = try ProbabilityScores(
            labels: labels,
            probabilities: Tensor(shape: [labels.count, classes], elements: values)
        )
        var generator = SeededGenerator(seed: 1)
        let report = try ClassificationReport(labels: labels, scores: scores, resamples: 200, using: &generator)
        let expected = try #require(reference["expected"]?.object)
        #expect(Set(expected.keys) == Set(report.metrics.map(\.name)))
        for (key, value) in expected {
            let metric = try #require(report[key])
            // scikit-learn computes log loss of float32 input in float32; all others in float64.
            let tolerance = key == "log_loss" ? 1e-5 : 1e-7
            #expect(
                isClose(metric.value, try #require(value.double), relative: tolerance),
                "\(key): \(metric.value), \(value)"
            )
            let interval = try #require(metric.interval, "\(key)")
            #expect(interval.lowerBound < metric.value && metric.value < interval.upperBound, "\(key)")
        }
        #expect(report["accuracy"]?.intervalMethod == .wilson)
        #expect(report[name == "binary" ? "roc_auc" : "roc_auc_ovr"]?.intervalMethod == .deLong)
        #expect(report["f1_macro"]?.intervalMethod == .bootstrap)
        let confusion = try #require(reference["confusion"]?.array).compactMap(\.int)
        #expect(report.confusion.counts.flatMap { $0 } == confusion)
        let perClass = try #require(reference["perClass"]?.array).compactMap { $0.array?.compactMap(\.double) }
        #expect(perClass.count == report.classes.count)
        for (row, figures) in zip(perClass, report.classes) {
            let ours = [Double(figures.label), figures.precision, figures.recall, figures.f1, Double(figures.support)]
            #expect(areClose(ours, row, relative: 1e-12))
        }
    }

    @Test func `one seed gives one interval`() throws {
        let labels = (0..<50).map { $0 % 3 }
        let predictions = (0..<50).map { $0 % 7 == 0 ? 0 : $0 % 3 }
        var (a, b) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
        let first = try ClassificationReport(labels: labels, predictions: predictions, using: &a)
        let second = try ClassificationReport(labels: labels, predictions: predictions, using: &b)
        #expect(first.metrics == second.metrics)
        let bare = try ClassificationReport(labels: labels, predictions: predictions, resamples: 0, using: &a)
        #expect(bare["f1_macro"]?.interval == nil)
        #expect(bare["f1_macro"]?.value == first["f1_macro"]?.value)
        #expect(bare["log_loss"] == nil)
    }

    @Test func `one class, one row and a perfect answer are defined`() throws {
        var generator = SeededGenerator(seed: 1)
        let constant = try ClassificationReport(labels: [2, 2], predictions: [2, 2], using: &generator)
        #expect(constant["accuracy"]?.value == 1)
        #expect(constant["f1_macro"]?.value == 1)
        let wrong = try ClassificationReport(labels: [0], predictions: [1], using: &generator)
        #expect(wrong["accuracy"]?.value == 0)
        #expect(wrong["precision_macro"]?.value == 0)
        #expect(wrong["balanced_accuracy"]?.value == 0)
    }

    @Test func `refuses labels and predictions that do not belong together`() {
        var generator = SeededGenerator(seed: 1)
        #expect(throws: StatisticsError.self) {
            try ClassificationReport(labels: [0, 1], predictions: [0], using: &generator)
        }
        #expect(throws: StatisticsError.self) {
            try ClassificationReport(labels: [], predictions: [], using: &generator)
        }
        let probabilities = Tensor<Float>(shape: [2, 3], repeating: 0.3)
        #expect(throws: StatisticsError.self) { try ProbabilityScores(labels: [0, 3], probabilities: probabilities) }
        #expect(throws: StatisticsError.self) { try ProbabilityScores(labels: [0], probabilities: probabilities) }
        let missing = Tensor<Float>(shape: [1, 2], repeating: .nan)
        #expect(throws: StatisticsError.self) { try ProbabilityScores(labels: [0], probabilities: missing) }
    }
}

@Suite struct `Area under the ROC curve` {
    static func scores(_ labels: [Int], _ ofOne: [Float]) throws -> ProbabilityScores {
        try ProbabilityScores(labels: labels, probabilities: Tensor(shape: [labels.count], elements: ofOne))
    }

    @Test func `counts ties half, by hand`() throws {
        // Pairs: (0.5, 0.5) half, (0.5, 0.2) one, (0.9, 0.5) one, (0.9, 0.2) one: 3.5 of 4.
        let area = ROCAUC(try Self.scores([1, 0, 1, 0], [0.5, 0.5, 0.9, 0.2]))
        #expect(area.value == 0.875)
        // Placements of the positives 0.75 and 1, of the negatives 0.75 and 1: variances 1/32 each, over 2 rows each.
        #expect(isClose(area.variance, 1.0 / 32, relative: 1e-12))
    }

    @Test func `is not defined without both classes`() throws {
        let area = ROCAUC(try Self.scores([1, 1], [0.5, 0.7]))
        #expect(area.value.isNaN)
        #expect(area.interval(confidence: 0.95) == nil)
    }

    @Test func `interval holds the true area about as often as promised`() throws {
        var generator = SeededGenerator(seed: 6)
        let truth = Normal.cumulative(1 / 2.0.squareRoot())  // of normal scores one apart
        var held = 0
        for _ in 0..<500 {
            let labels = (0..<120).map { $0 % 3 == 0 ? 1 : 0 }
            let scores = labels.map { Float(Normal.cumulative(generator.normal() + Double($0))) }
            let interval = try #require(ROCAUC(try Self.scores(labels, scores)).interval(confidence: 0.95))
            if interval.contains(truth) { held += 1 }
        }
        #expect((455...495).contains(held))  // 475 expected, standard deviation 4.9, and DeLong is a little short
    }
}

@Suite struct `Regression report` {
    @Test func `equals scikit-learn`() throws {
        let reference = try #require(ReferenceValues.read("metrics")["regression"])
        let labels = try #require(reference["labels"]?.array).compactMap(\.double)
        let predictions = try #require(reference["predictions"]?.array).compactMap(\.double)
        var generator = SeededGenerator(seed: 1)
        let report = try RegressionReport(labels: labels, predictions: predictions, using: &generator)
        for (key, value) in try #require(reference["expected"]?.object) {
            let metric = try #require(report[key])
            #expect(isClose(metric.value, try #require(value.double), relative: 1e-12), "\(key)")
            let interval = try #require(metric.interval)
            #expect(interval.lowerBound < metric.value && metric.value < interval.upperBound, "\(key)")
        }
    }

    @Test func `constant labels, one row and missing values are defined`() throws {
        var generator = SeededGenerator(seed: 1)
        #expect(try RegressionReport(labels: [2, 2], predictions: [2, 2], using: &generator)["r2"]?.value == 1)
        #expect(try RegressionReport(labels: [2, 2], predictions: [2, 3], using: &generator)["r2"]?.value == 0)
        #expect(try #require(RegressionReport(labels: [2], predictions: [3], using: &generator)["r2"]).value.isNaN)
        #expect(throws: StatisticsError.self) {
            try RegressionReport(labels: [1], predictions: [.nan], using: &generator)
        }
    }
}
