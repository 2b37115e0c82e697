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
        // A window without a row is told from others by its time.
        func bound(_ row: WindowRow?) -> String { row.map { "\($0.eventID)#\($0.row)" } ?? look.at.rfc3339 }
        return event(
            VerdictData(content, meta: meta(lane)),
            about: .window(first: bound(look.rows.first), last: bound(look.rows.last)),
            time: look.at,
            cause: look.rows.last?.eventID
        )
    }

    private func drift(_ judgement: Judgement, look: Look) -> DriftData {
        var data =
            judgement.result.map { DriftData($0, status: judgement.status, featureNames: featureNames) }
            ?? judgement.answer.map { DriftData($0, status: judgement.status, featureNames: featureNames) }
            ?? DriftData(status: judgement.status)
        data.alarmLevel = judgement.level
        data.window = span(look)
        data.rows = newest(look.rows[...])
        data.message = message(judgement)
        data.add(judgement.slices, featureNames: featureNames)
        data.details.merge(judgement.details.forEvents) { first, _ in first }
        return data
    }

    /// The summary of a window of instance verdicts.
    private func share(_ judgement: Judgement, look: Look) -> InstanceData {
        InstanceData(
            status: judgement.status,
            isFlagged: [],
            scores: [],
            threshold: judgement.result?.threshold ?? FlaggedShare.significance,
            rows: [],
            flaggedRows: newest(zip(look.rows, look.features).filter { $0.1 > 0 }.map(\.0)[...]),
            effect: judgement.result.map { CloudEvents.Effect($0.effect) },
            window: span(look),
            windowPValue: judgement.result?.pValue,
            alarmLevel: judgement.level,
            message: message(judgement)
        )
    }

    /// The names of the newest rows, newest first: of a window that slides they are the ones that are news.
    private func newest(_ rows: ArraySlice<WindowRow>) -> [String] {
        rows.suffix(VerdictData.namedRows).reversed().map(\.name)
    }

    private func message(_ judgement: Judgement) -> String? {
        if let remark = judgement.remark { return remark }
        guard !fitted.manifest.promiseHolds else {
            let slices = SliceAttribution.sentence(judgement.slices) { DriftData.name($0, featureNames) }
            let sentences = [judgement.cause, slices].compactMap { $0 }
            return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
        }
        return "the monitor was fitted with split = \"none\", so its false-alarm promise does not hold"
    }

    private func span(_ look: Look) -> WindowSpan? {
        guard let first = look.rows.first, let last = look.rows.last else { return nil }
        return WindowSpan(
            start: look.rows.reduce(first.time) { min($0, $1.time) },
            end: look.rows.reduce(last.time) { max($0, $1.time) },
            count: look.rows.count,
            positionFrom: first.position,
            positionTo: last.position,
            firstID: first.name,
            lastID: last.name
        )
    }
}
