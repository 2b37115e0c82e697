import CloudEvents
import Methods

extension VerdictWriter {
    /// The verdict of a look at a window.
    func window(_ judgement: Judgement, look: Look, lane: LaneKey) -> CloudEvent {
        let content: VerdictData.Content =
            switch kind {
            case .drift: .drift(drift(judgement, look: look))
            case .outlier: .outlier(share(judgement, look: look))
            case .adversarial: .adversarial(share(judgement, look: look))
            }
        let bounds = [look.rows.first, look.rows.last].compactMap { $0 }.map { "\($0.eventID)#\($0.row)" }
        return checked(
            VerdictData(content, meta: meta(lane)),
            key: ["window", lane.endpoint, lane.version] + bounds,
            time: look.at,
            cause: look.rows.last?.eventID
        )
    }

    private func drift(_ judgement: Judgement, look: Look) -> DriftData {
        let result = judgement.result
        return DriftData(
            status: judgement.status,
            isDrift: result?.isDrift,
            pValue: result.flatMap { Self.jointOrEach($0.pValues, jointly: $0.jointly) },
            distance: result.flatMap { Self.jointOrEach($0.distances, jointly: $0.jointly) },
            threshold: result?.threshold,
            alarmLevel: judgement.level,
            effect: result.map { Self.effect($0.effect) },
            window: span(look),
            features: result.map(findings) ?? [],
            isApproximate: result?.approximate ?? false,
            message: message(judgement)
        )
    }

    /// The summary of a window of instance verdicts.
    private func share(_ judgement: Judgement, look: Look) -> InstanceData {
        InstanceData(
            status: judgement.status,
            isFlagged: [],
            scores: [],
            threshold: judgement.result?.threshold ?? FlaggedShare.significance,
            rows: [],
            effect: judgement.result.map { Self.effect($0.effect) },
            window: span(look),
            windowPValue: judgement.result?.pValue,
            alarmLevel: judgement.level,
            message: message(judgement)
        )
    }

    private func message(_ judgement: Judgement) -> String? {
        guard judgement.remark == nil, !fitted.manifest.promiseHolds else { return judgement.remark }
        return "the monitor was fitted with split = \"none\", so its false-alarm promise does not hold"
    }

    private func span(_ look: Look) -> WindowSpan? {
        guard let first = look.rows.first, let last = look.rows.last else { return nil }
        return WindowSpan(
            start: first.time,
            end: last.time,
            count: look.rows.count,
            positionFrom: first.position,
            positionTo: last.position,
            firstID: first.name,
            lastID: last.name
        )
    }

    /// The features and their missing rates, the most striking first.
    private func findings(_ result: WindowResult) -> [FeatureFinding] {
        let missing = result.missing.map { finding($0, suffix: " missing") }
        return (result.features.map { finding($0, suffix: "") } + missing).sorted {
            ($0.pValue ?? 1) < ($1.pValue ?? 1)
        }
    }

    /// A method knows columns by their place; the schema knows their names.
    private func finding(_ result: FeatureResult, suffix: String) -> FeatureFinding {
        let place = Int(result.name)
        let name = place.flatMap { featureNames.indices.contains($0) ? featureNames[$0] : nil } ?? result.name
        return FeatureFinding(
            name: name + suffix,
            statistic: result.statistic,
            pValue: result.pValue,
            effect: result.effect
        )
    }

    private static func jointOrEach(_ values: [Double], jointly: Bool) -> JointOrEach? {
        jointly ? values.first.map { .joint($0) } : .each(values)
    }

    private static func effect(_ effect: Methods.Effect) -> CloudEvents.Effect {
        CloudEvents.Effect(name: effect.name, value: effect.value, low: effect.low, high: effect.high)
    }
}
