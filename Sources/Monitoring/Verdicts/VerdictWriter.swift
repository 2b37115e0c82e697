import CloudEvents
import JSON
import Methods
import Tensors

/// Writes a monitor's verdicts as events: the one place that knows their ids, their extensions and their fields.
///
/// Ids are derived from what was judged and nothing else, so a verdict that is given again after a crash has the id that
/// it had before. `time` is the monitor's own time. `docs/reference/events.md` has an example of each.
struct VerdictWriter: Sendable {
    /// The names of rows that a window's verdict lists at most.
    static let rowLimit = 100

    private let monitor: String
    private let fitted: FittedMonitor
    private let selection: MonitorSelection
    private let kind: VerdictKind
    private let featureNames: [String]

    private let source: String

    /// - Throws: `.invalidConfiguration` when a name of the configuration cannot stand in an event.
    init(
        monitor: String,
        fitted: FittedMonitor,
        selection: MonitorSelection,
        kind: VerdictKind,
        featureNames: [String]
    ) throws(MonitoringError) {
        self.monitor = monitor
        self.fitted = fitted
        self.selection = selection
        self.kind = kind
        self.featureNames = featureNames
        source = "/vedette/\(selection.namespace)/\(monitor)"
        do {
            _ = try CloudEvent(id: "0", source: source, type: kind.eventType, extensions: extensions(endpoint: "", version: ""))
        } catch {
            throw MonitoringError(
                code: .invalidConfiguration,
                message: "the monitor \(monitor) of the model \(selection.model) cannot write events: \(error.message)",
                remedy: "Use letters, digits, - and _ in the names of monitor, namespace and model",
                cause: error
            )
        }
    }

    // MARK: Windows

    /// The verdict of a look at a window.
    func window(_ judgement: Judgement, look: Look, lane: LaneKey) -> CloudEvent {
        var data = header(status: judgement.status)
        if let result = judgement.result {
            data[kind.flag] = .integer(result.isDrift ? 1 : 0)
            data["p_val"] = result.jointly ? .number(result.pValue) : .array(result.pValues.map { .number($0) })
            data["distance"] = result.jointly
                ? .number(result.distances.first ?? .nan) : .array(result.distances.map { .number($0) })
            data["threshold"] = .number(result.threshold)
            if let threshold = result.distanceThreshold { data["distance_threshold"] = .number(threshold) }
            data["p_value"] = .number(result.pValue)
            data["effect"] = [
                "name": .string(result.effect.name), "value": .number(result.effect.value),
                "low": .number(result.effect.low), "high": .number(result.effect.high),
            ]
            data["features"] = .array(result.features.map(feature))
            if !result.missing.isEmpty { data["missing"] = .array(result.missing.map(feature)) }
            data["approximate"] = .bool(result.approximate)
        }
        if let level = judgement.level { data["level"] = .number(level) }
        if let remark = judgement.remark { data["remark"] = .string(remark) }
        if !fitted.manifest.promiseHolds { data["promise_holds"] = false }
        data["window"] = window(look)
        data["rows"] = .array(rows(of: look).map { .string($0) })
        var extensions = self.extensions(endpoint: lane.endpoint, version: lane.version)
        extensions["correlationid"] = .string("\(monitor)@\(fitted.configHash)")
        extensions["causationid"] = look.rows.last.map { .string($0.eventID) }
        let bounds = [look.rows.first, look.rows.last].map { $0.map { "\($0.eventID)#\($0.row)" } ?? "" }
        let id = UniqueIdentifier.derived(
            from: monitor, fitted.configHash, lane.endpoint, lane.version, bounds[0], bounds[1], "\(look.rows.count)")
        return event(kind.eventType, id: id, time: look.at, extensions: extensions, data: data)
    }

    private func window(_ look: Look) -> JSONValue {
        [
            "start": .string((look.rows.first?.time ?? look.at).rfc3339),
            "end": .string((look.rows.last?.time ?? look.at).rfc3339),
            "count": .integer(Int64(look.rows.count)),
            "position_from": .integer(Int64(clamping: look.rows.first?.position ?? 0)),
            "position_to": .integer(Int64(clamping: look.rows.last?.position ?? 0)),
            "first_id": .string(look.rows.first?.name ?? ""),
            "last_id": .string(look.rows.last?.name ?? ""),
        ]
    }

    /// The rows that a person would look at: the flagged ones of a window of verdicts, the newest of any other.
    private func rows(of look: Look) -> [String] {
        if case .window = fitted.method { return look.rows.suffix(Self.rowLimit).map(\.name) }
        return zip(look.rows, look.features).filter { $1 > 0 }.suffix(Self.rowLimit).map { $0.0.name }
    }

    private func feature(_ result: FeatureResult) -> JSONValue {
        [
            "name": .string(name(of: result)), "statistic": .number(result.statistic), "p_val": .number(result.pValue),
            "effect": .number(result.effect),
        ]
    }

    /// A method knows columns by their place; the schema knows their names.
    private func name(of result: FeatureResult) -> String {
        guard let place = Int(result.name), featureNames.indices.contains(place) else { return result.name }
        return featureNames[place]
    }

    // MARK: Instances

    /// The verdict of the rows of one event.
    func instances(_ result: InstanceResult, rows: [Int], threshold: Double, of origin: RowOrigin) -> CloudEvent {
        var data = header(status: .ok)
        data[kind.flag] = .array(result.isOutlier.map { .integer($0 ? 1 : 0) })
        data["instance_score"] = .array(result.scores.map { .number($0) })
        data["p_value"] = .array(result.pValues.map { .number($0) })
        data["threshold"] = .number(threshold)
        if let corrected = result.corrected { data["corrected"] = .array(corrected.map { .integer(Int64($0)) }) }
        data["rows"] = .array(rows.map { .integer(Int64($0)) })
        var extensions = self.extensions(endpoint: origin.endpoint, version: origin.version)
        extensions["requestid"] = .string(origin.requestID)
        extensions["causationid"] = .string(origin.eventID)
        let id = UniqueIdentifier.derived(
            from: monitor, fitted.configHash, origin.requestID, origin.eventID, rows.map(String.init).joined(separator: ","))
        return event(kind.eventType, id: id, time: origin.time, extensions: extensions, data: data)
    }

    // MARK: Quality

    /// What one reason cost in one minute.
    func quality(_ entry: ExclusionLedger.Entry) -> CloudEvent {
        quality(
            reason: entry.reason,
            rows: entry.rows,
            requestIDs: entry.requestIDs,
            window: (entry.minute, entry.minute + .seconds(60)),
            key: entry.minute.rfc3339,
            causation: entry.lastEventID,
            lane: nil
        )
    }

    /// The one notice that a version has no reference.
    func noReference(for origin: RowOrigin) -> CloudEvent {
        quality(
            reason: .noReferenceForVersion,
            rows: 1,
            requestIDs: [origin.requestID],
            window: (origin.time, origin.time),
            key: origin.version,
            causation: origin.eventID,
            lane: origin.lane
        )
    }

    /// The notice that the model has traffic and the monitor no rows.
    func silence(_ gap: SilenceWatch.Gap) -> CloudEvent {
        quality(
            reason: .silence,
            rows: 0,
            requestIDs: [],
            window: (gap.since, gap.until),
            key: gap.since.rfc3339,
            causation: nil,
            lane: nil
        )
    }

    private func quality(
        reason: ExclusionReason,
        rows: Int,
        requestIDs: [String],
        window: (start: Timestamp, end: Timestamp),
        key: String,
        causation: String?,
        lane: LaneKey?
    ) -> CloudEvent {
        // A silence is a fault that somebody has to look at; the others say what was left out.
        var data = header(status: reason == .silence ? .alarm : .insufficient)
        data["reason"] = .string(reason.name)
        data["count"] = .integer(Int64(rows))
        data["request_ids"] = .array(requestIDs.map { .string($0) })
        data["window"] = [
            "start": .string(window.start.rfc3339), "end": .string(window.end.rfc3339), "count": .integer(Int64(rows)),
        ]
        var extensions = self.extensions(endpoint: lane?.endpoint ?? "", version: lane?.version ?? "")
        extensions["correlationid"] = .string("\(monitor)@\(fitted.configHash)")
        if let causation { extensions["causationid"] = .string(causation) }
        let id = UniqueIdentifier.derived(from: monitor, fitted.configHash, "quality", reason.name, key)
        return event(EventType.quality, id: id, time: window.end, extensions: extensions, data: data)
    }

    // MARK: What all have

    private func header(status: MonitorStatus.Name) -> JSONObject {
        [
            "monitor": .string(monitor),
            "method": .string(fitted.configuration.method),
            "config_hash": .string(fitted.configHash),
            "status": .string(status.rawValue),
        ]
    }

    private func extensions(endpoint: String, version: String) -> [String: CloudEventValue] {
        var extensions: [String: CloudEventValue] = [
            "namespace": .string(selection.namespace), "model": .string(selection.model),
            "component": .string(selection.component),
            "partitionkey": .string("\(selection.namespace)/\(selection.model)/\(endpoint)"),
        ]
        if !endpoint.isEmpty { extensions["endpoint"] = .string(endpoint) }
        if !version.isEmpty { extensions["modelversion"] = .string(version) }
        return extensions
    }

    /// Every part was checked before: names when the monitor was made, ids and versions when their event came in.
    private func event(
        _ type: String,
        id: String,
        time: Timestamp,
        extensions: [String: CloudEventValue],
        data: JSONObject
    ) -> CloudEvent {
        let body: JSONValue = [
            "data": .object(data),
            "meta": [
                "name": .string(fitted.configuration.method), "detector_type": .string(kind.rawValue), "online": false,
                "data_type": .null, "version": "vedette",
            ],
        ]
        do {
            return try CloudEvent(
                id: id,
                source: source,
                type: type,
                time: time,
                dataContentType: "application/json",
                extensions: extensions,
                data: body.serialized()
            )
        } catch {
            preconditionFailure("a verdict breaks a rule of CloudEvents: \(error)")
        }
    }
}
