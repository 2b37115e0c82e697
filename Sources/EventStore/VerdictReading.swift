package import CloudEvents
package import JSON

/// A verdict's data, `{"data": {…}, "meta": {…}}`, as far as the record, alerts and pages use it.
///
/// `VerdictData` is what our detectors write; this reads less and asks for less. What is absent or of another type is nil:
/// a foreign verdict, of alibi-detect say, is kept whole and shown as far as it can be read.
package struct VerdictReading: Sendable, Hashable {
    /// The last part of the event's type.
    package let kind: String
    package let monitor: String?
    package let method: String?
    package let status: VerdictStatus?
    /// Whether it says yes: `is_drift`, `is_outlier` or `is_adversarial` for any row, else the status `alarm`.
    package let isFlagged: Bool
    /// Why a quality verdict was given.
    package let reason: String?
    /// The rows of its request that it judges; empty for all.
    package let rows: [Int]
    /// The rows that it flags.
    package let flaggedRows: [Int]
    /// By row, in the order of ``rows``.
    package let scores: [Double]
    package let pValues: [Double]
    package let statistic: Double?
    package let pValue: Double?
    package let threshold: Double?
    /// The p-value at which the detector's budget of false alarms lets it alarm.
    package let alarmLevel: Double?
    /// What the monitor's configuration promises.
    package let budget: AlarmRate?
    package let effect: Effect?
    package let features: [Alert.Feature]
    package let window: Alert.Window
    /// The requests or rows that a window verdict names.
    package let requestIDs: [String]
    package let owner: String?
    package let runbookURL: String?

    /// - Parameters:
    ///   - content: The event's data.
    ///   - type: The event's type.
    package init(_ content: JSONValue?, type: String) {
        kind = String(type.split(separator: ".").last ?? "")
        let data = content?["data"] ?? .null
        let meta = content?["meta"] ?? .null
        func field(_ name: String) -> JSONValue? { data[name] ?? meta[name] }
        monitor = field("monitor")?.string
        method = field("method")?.string ?? meta["name"]?.string
        status = field("status")?.string.flatMap(VerdictStatus.init(rawValue:))
        let answers = Self.numbers(data["is_\(kind)"])
        rows = Self.numbers(data["rows"]).compactMap { Int(exactly: $0) }
        let listed = rows
        flaggedRows =
            answers.count > 1 || !listed.isEmpty
            ? answers.indices.filter { answers[$0] != 0 }.map { listed.indices.contains($0) ? listed[$0] : $0 } : []
        isFlagged = answers.isEmpty ? status == .alarm : answers.contains { $0 != 0 }
        scores = Self.numbers(data["instance_score"])
        pValues = Self.numbers(data["p_value"] ?? data["p_val"])
        let distances = Self.numbers(data["distance"])
        // Of tests by feature the strongest speaks for the window.
        statistic = data["statistic"]?.double ?? distances.max() ?? scores.max()
        pValue = data["window_p_val"]?.double ?? pValues.min()
        threshold = Self.numbers(data["threshold"]).first
        alarmLevel = data["alarm_level"]?.double
        budget = meta["false_alarms_per_day"]?.double.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
            .map { AlarmRate(count: $0, period: .seconds(86_400)) }
        reason = data["reason"]?.string
        effect = Effect(json: data["effect"])
        features = (data["features"]?.array ?? []).compactMap(Alert.Feature.init(json:))
            .sorted { ($0.effect ?? $0.statistic ?? 0).magnitude > ($1.effect ?? $1.statistic ?? 0).magnitude }
        // A quality verdict is about a minute, and has no window of rows.
        window = Alert.Window(json: data["window"]?.object == nil ? data : data["window"])
        requestIDs = (data["request_ids"]?.array ?? data["rows"]?.array ?? []).compactMap(\.string)
        owner = field("owner")?.string
        runbookURL = field("runbook_url")?.string
    }

    /// A number, truth value or array of them as numbers; anything else is left out.
    private static func numbers(_ value: JSONValue?) -> [Double] {
        switch value {
        case .array(let values): values.flatMap(numbers)
        case .bool(let answer): [answer ? 1 : 0]
        case let value?: value.double.map { [$0] } ?? []
        case nil: []
        }
    }
}
