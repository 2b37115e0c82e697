package import CloudEvents
package import Methods
import Tensors

/// What a method found, in the fields of a verdict: the one place that knows both.
extension DriftData {
    /// - Parameter featureNames: What the columns are called; a method knows them by their place.
    package init(_ result: WindowResult, status: VerdictStatus, featureNames: [String] = []) {
        self.init(
            status: status,
            isDrift: result.isDrift,
            pValue: Self.jointOrEach(result.pValues, jointly: result.jointly),
            distance: Self.jointOrEach(result.distances, jointly: result.jointly),
            threshold: result.threshold,
            distanceThreshold: result.distanceThreshold,
            effect: CloudEvents.Effect(result.effect),
            features: Self.findings(result, featureNames),
            isApproximate: result.approximate
        )
        detectable = result.detectable.map {
            CloudEvents.DetectableEffect(name: $0.name, value: $0.value, power: $0.power, level: $0.level)
        }
        details = result.details.forEvents
    }

    /// Tells the slices of a window that drifted, the most striking ones.
    package mutating func add(_ findings: [SliceAttribution.Finding], featureNames: [String]) {
        slices = findings.prefix(VerdictData.namedRows).map { finding in
            SliceFinding(
                name: finding.slice.name(Self.name(finding.slice.column, featureNames)),
                count: finding.count,
                referenceCount: finding.referenceCount,
                column: Self.name(finding.column, featureNames),
                effect: finding.effect,
                pValue: finding.pValue,
                adjustedPValue: finding.adjustedPValue,
                isDrift: finding.isDrift
            )
        }
    }

    /// What a column is called: its name where one is known, else its index.
    package static func name(_ column: Int, _ featureNames: [String]) -> String {
        featureNames.indices.contains(column) ? featureNames[column] : "column \(column)"
    }

    /// - Parameters:
    ///   - answer: What a sequential test says after a row.
    ///   - featureNames: What the columns are called; a method knows them by their place.
    package init(_ answer: SequentialAnswer, status: VerdictStatus, featureNames: [String] = []) {
        self.init(
            status: status,
            isDrift: answer.isDrift,
            pValue: answer.pValue.map { .joint($0) },
            distance: answer.statistic.isFinite ? .joint(answer.statistic) : nil,
            threshold: answer.threshold.isFinite ? answer.threshold : nil,
            sequence: SequenceData(
                time: answer.time,
                expectedRunTime: answer.expectedRunTime,
                statistic: answer.statistic.isFinite ? answer.statistic : nil,
                eValue: answer.eValue.map { min($0, .greatestFiniteMagnitude) }
            ),
            effect: answer.effect.value.isFinite ? CloudEvents.Effect(answer.effect) : nil,
            features: answer.features.sorted { ($0.effect, $1.column) > ($1.effect, $0.column) }.map { feature in
                let place = feature.column
                return FeatureFinding(
                    name: featureNames.indices.contains(place) ? featureNames[place] : "\(place)",
                    statistic: feature.statistic,
                    pValue: feature.pValue,
                    effect: feature.effect
                )
            }
        )
    }

    private static func jointOrEach(_ values: [Double], jointly: Bool) -> JointOrEach? {
        jointly ? values.first.map { .joint($0) } : .each(values)
    }

    /// The features and their missing rates, the most striking first.
    private static func findings(_ result: WindowResult, _ names: [String]) -> [FeatureFinding] {
        func finding(_ feature: FeatureResult, suffix: String) -> FeatureFinding {
            let place = Int(feature.name)
            let name = place.flatMap { names.indices.contains($0) ? names[$0] : nil } ?? feature.name
            return FeatureFinding(
                name: name + suffix,
                statistic: feature.statistic,
                pValue: feature.pValue,
                effect: feature.effect
            )
        }
        let missing = result.missing.map { finding($0, suffix: " missing") }
        return (result.features.map { finding($0, suffix: "") } + missing).sorted {
            ($0.pValue ?? 1) < ($1.pValue ?? 1)
        }
    }
}

extension InstanceData {
    /// - Parameters:
    ///   - threshold: The score above which a row is flagged.
    ///   - rows: The rows' places in their request or file.
    package init(_ result: InstanceResult, threshold: Double, rows: [Int]) {
        self.init(
            status: .ok,
            isFlagged: result.isOutlier,
            scores: result.scores,
            pValues: result.pValues,
            threshold: threshold,
            featureScores: result.featureScores.flatMap(Self.byRow),
            corrected: result.corrected,
            rows: rows
        )
    }
}

extension InstanceData {
    /// Scores of features for an event, which is not to grow beyond what sinks take: nil for more than so many values.
    private static func byRow(_ scores: Tensor<Float>) -> [[Double]]? {
        guard scores.count <= mostFeatureScores else { return nil }
        let width = scores.elementsPerRow
        return (0..<scores.rows).map { row in (0..<width).map { Double(scores[row * width + $0]) } }
    }

    private static let mostFeatureScores = 8192
}

extension CloudEvents.Effect {
    package init(_ effect: Methods.Effect) {
        self.init(name: effect.name, value: effect.value, low: effect.low, high: effect.high)
    }
}

extension [String: [Double]] {
    /// The details that fit into an event.
    var forEvents: [String: [Double]] {
        filter { DriftData.eventDetails.contains($0.key) && $0.value.count <= DriftData.mostDetailValues }
    }
}
