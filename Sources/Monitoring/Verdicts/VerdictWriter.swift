import CloudEvents
import Methods

/// Writes a monitor's verdicts as events.
///
/// `VerdictData` knows their form and their ids; `time` is the monitor's own time.
struct VerdictWriter: Sendable {
    let monitor: String
    let fitted: FittedMonitor
    let selection: MonitorSelection
    let kind: VerdictKind
    let featureNames: [String]
    let version: String

    /// - Parameter featureNames: The names of the features in their order; empty where features are no columns.
    /// - Throws: `.invalidConfiguration` when a name of the configuration cannot stand in an event.
    init(
        monitor: String,
        fitted: FittedMonitor,
        selection: MonitorSelection,
        kind: VerdictKind,
        featureNames: [String],
        version: String
    ) throws(MonitoringError) {
        self.monitor = monitor
        self.fitted = fitted
        self.selection = selection
        self.kind = kind
        self.featureNames = featureNames
        self.version = version
        let sample = VerdictData(
            .drift(DriftData(status: .learning)),
            meta: meta(LaneKey(endpoint: "default", version: ""))
        )
        let start = Timestamp(nanoseconds: 0)
        do { _ = try sample.event(about: .stretch(since: start), time: start, causationID: nil) } catch {
            throw MonitoringError(
                code: .invalidConfiguration,
                message: "the monitor \(monitor) of the model \(selection.model) cannot write events: \(error.message)",
                remedy: "Use letters, digits, - and _ in the names of monitor, namespace, model and component",
                cause: error
            )
        }
    }

    // MARK: Instances

    /// The verdict of the rows of one event.
    ///
    /// Its status is always ok: no single instance raises an alarm.
    func instances(_ result: InstanceResult, rows: [Int], threshold: Double, of origin: RowOrigin) -> CloudEvent {
        let data = InstanceData(result, threshold: threshold, rows: rows)
        return event(
            VerdictData(kind == .adversarial ? .adversarial(data) : .outlier(data), meta: meta(origin.lane)),
            about: .rows(rows, requestID: origin.requestID, eventID: origin.eventID),
            time: origin.time,
            cause: origin.eventID
        )
    }

    // MARK: Quality

    /// What one reason cost in one minute.
    func quality(_ entry: ExclusionLedger.Entry) -> CloudEvent {
        let data = QualityData(
            status: .insufficient,
            reason: entry.reason.name,
            count: entry.rows,
            requestIDs: entry.requestIDs,
            start: entry.minute,
            end: entry.minute + .seconds(60),
            message: "\(entry.rows) rows of \(entry.events) events were left out"
        )
        return quality(data, lane: nil, cause: entry.lastEventID)
    }

    /// The one notice that a version has no reference.
    func noReference(for origin: RowOrigin) -> CloudEvent {
        let data = QualityData(
            status: .insufficient,
            reason: ExclusionReason.noReferenceForVersion.name,
            count: 1,
            requestIDs: [origin.requestID],
            start: origin.time,
            end: origin.time,
            message:
                "the reference belongs to version \(fitted.manifest.modelVersion ?? ""), the traffic is of version \(origin.version)"
        )
        return quality(data, lane: origin.lane, cause: origin.eventID)
    }

    /// The notice that the model has traffic and the monitor no rows: somebody has to look at that.
    func silence(_ gap: SilenceWatch.Gap) -> CloudEvent {
        let data = QualityData(
            status: .alarm,
            reason: ExclusionReason.silence.name,
            count: 0,
            start: gap.since,
            end: gap.until,
            message: "the model has traffic, and no rows of it have come since \(gap.since)"
        )
        return quality(data, lane: nil, cause: nil)
    }

    private func quality(_ data: QualityData, lane: LaneKey?, cause: String?) -> CloudEvent {
        event(
            VerdictData(
                .quality(data),
                meta: meta(lane ?? LaneKey(endpoint: selection.endpoint ?? "default", version: ""))
            ),
            about: .stretch(since: data.start),
            time: data.end,
            cause: cause
        )
    }

    // MARK: What all have

    func meta(_ lane: LaneKey) -> VerdictMeta {
        VerdictMeta(
            monitor: monitor,
            method: fitted.configuration.method,
            configHash: fitted.configHash,
            namespace: selection.namespace,
            model: selection.model,
            modelVersion: lane.version.isEmpty ? nil : lane.version,
            endpoint: lane.endpoint,
            component: selection.component,
            isOnline: fitted.method.isSequential,
            version: version,
            owner: fitted.configuration.alert.owner,
            runbookURL: fitted.configuration.alert.runbookURL,
            falseAlarmsPerDay: fitted.configuration.alert.budget.falseAlarmsPerDay
        )
    }

    /// Every part was checked before: names when the monitor was made, ids and versions when their event came in.
    func event(
        _ verdict: VerdictData,
        about subject: VerdictData.Subject,
        time: Timestamp,
        cause: String?
    ) -> CloudEvent {
        do { return try verdict.event(about: subject, time: time, causationID: cause) } catch {
            preconditionFailure("a verdict breaks a rule of CloudEvents: \(error)")
        }
    }
}
