package import CloudEvents
import Methods

/// The newest numbers of a monitor, as its gauges show them.
package struct MonitorReading: Sendable, Equatable {
    /// The status of the newest look.
    package var status: VerdictStatus = .learning
    /// Rows in the window that was added to last.
    package var windowRows = 0
    /// The event time of the newest row.
    package var lastRow: Timestamp?
    /// The time of the newest look.
    package var lastTest: Timestamp?
    /// The newest statistic: a test's largest distance, or an instance's score.
    package var statistic: Double?
    /// The newest p-value of a whole window.
    package var pValue: Double?
    /// The level of the newest look, or the threshold of the scores.
    package var threshold: Double?
    /// The statistic and the effect of each feature at the newest look, at most `featureLimit`.
    package var features: [FeatureReading] = []

    /// As many columns have gauges of their own.
    package static let featureLimit = 100

    /// One feature at the newest look.
    package struct FeatureReading: Sendable, Equatable {
        package let name: String
        package let statistic: Double
        /// Nil where the method has none of a single feature.
        package let pValue: Double?
    }

    package init() {}

    mutating func take(_ judgement: Judgement, at time: Timestamp) {
        status = judgement.status
        lastTest = time
        if let answer = judgement.answer {
            statistic = answer.statistic
            pValue = answer.pValue
            threshold = answer.threshold
            features = answer.features.prefix(Self.featureLimit).map {
                FeatureReading(name: "\($0.column)", statistic: $0.statistic, pValue: $0.pValue)
            }
        }
        guard let result = judgement.result else { return }
        statistic = result.distances.max()
        pValue = result.pValue
        threshold = judgement.level ?? result.threshold
        features = result.features.prefix(Self.featureLimit).map {
            FeatureReading(name: $0.name, statistic: $0.statistic, pValue: $0.pValue)
        }
    }
}
