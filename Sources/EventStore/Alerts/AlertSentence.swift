import CloudEvents

/// The plain paragraph about an alert: what happened and since when, how bad it is, which features and requests show it,
/// and what to look at next.
package struct AlertSentence: Sendable {
    private let alert: Alert

    private let performance: Alert?

    /// - Parameter performance: An alert about the performance of the same model that is not closed: how bad it is.
    package init(_ alert: Alert, performance: Alert? = nil) {
        self.alert = alert
        self.performance = performance
    }

    /// Three to seven short sentences without line breaks.
    package var text: String {
        [what + since + ".", distance, harm, features, requests, standing, next].compactMap { $0 }
            .joined(separator: " ")
    }

    private var what: String {
        let model = alert.version.map { "\(alert.key.model) \($0)" } ?? alert.key.model
        return switch alert.kind {
        case "drift": "The traffic of \(model) no longer looks like its reference"
        case "outlier": "More rows of \(model) are outliers than its monitor promises"
        case "adversarial": "More rows of \(model) look adversarial than its monitor promises"
        case "silence": "\(model) has traffic, but no row of it reaches the monitor \(alert.key.monitor)"
        case "quality": "Too many rows of \(model) cannot be judged"
        case "performance": "\(model) performs worse than its limit"
        case "fairness": "\(model) treats its groups less evenly than its limit"
        default: "Monitor \(alert.key.monitor) raised \(alert.kind) for \(model)"
        }
    }

    private var since: String {
        let start = (alert.window.start ?? alert.openedAt).rfc3339
        // To the second, as a person says it.
        return " since \(start.prefix(10)) \(start.dropFirst(11).prefix(8)) UTC"
    }

    private var distance: String? {
        var parts: [String] = []
        if let effect = alert.effect {
            var part = "the \(Self.words(effect.name)) is \(Self.short(effect.value))"
            if let low = effect.low, let high = effect.high {
                part += " (\(Self.short(low)) to \(Self.short(high)))"
            }
            parts.append(part)
        }
        if let p = alert.pValue {
            parts.append("p is \(Self.short(p))" + (alert.threshold.map { level(p, at: $0) } ?? ""))
        } else if let statistic = alert.statistic {
            let limit = alert.threshold.map { threshold in
                threshold > 0
                    ? ", \(Self.short(statistic / threshold)) times the threshold of \(Self.short(threshold))" : ""
            }
            parts.append("the statistic is \(Self.short(statistic))" + (limit ?? ""))
        }
        guard !parts.isEmpty else { return nil }
        let rows = alert.window.count.map { "Over the last \($0) rows " } ?? "In the latest window "
        return rows + parts.joined(separator: "; ") + "."
    }

    /// An alert that stands may have a p-value above the level at which it was opened.
    private func level(_ p: Double, at threshold: Double) -> String {
        guard p > threshold, alert.state == .open || alert.state == .acknowledged else {
            return ", it alarms at \(Self.short(threshold))"
        }
        return ", more than the \(Self.short(threshold)) at which it alarms, and it stands while windows still differ"
    }

    private var features: String? {
        guard !alert.features.isEmpty else { return nil }
        let named = alert.features.prefix(3).map { Self.column($0.name) }.joined(separator: ", ")
        let rest = alert.features.count - 3
        return "Strongest in \(named)" + (rest > 0 ? " and \(rest) more." : ".")
    }

    private var requests: String? {
        if let first = alert.requestIDs.first {
            let rest = alert.requestIDs.count - 1
            return "Look at \(first)" + (rest > 0 ? " and \(rest) more." : ".")
        }
        guard let first = alert.window.firstID, let last = alert.window.lastID else { return nil }
        return "Requests \(first) to \(last)."
    }

    private var standing: String? {
        switch alert.state {
        case .recovering: "The latest windows were fine."
        case .closed: "It is over."
        case .open, .acknowledged: nil
        }
    }

    /// What it does to the answers, where somebody measures or estimates that.
    private var harm: String? {
        guard alert.kind != "performance", let performance, performance.key.model == alert.key.model else { return nil }
        guard let effect = performance.effect else { return "Its performance is below its limit too." }
        return "Its performance is below its limit too: the \(Self.words(effect.name)) is \(Self.short(effect.value))."
    }

    private var next: String? {
        guard alert.state == .open || alert.state == .acknowledged else { return nil }
        let step =
            switch alert.kind {
            case "drift":
                // A place in a tensor, `probabilities[0]`, may be an answer, which nothing feeds but the model.
                alert.features.first.flatMap { $0.name.hasSuffix("]") ? nil : Self.column($0.name) }
                    .map { "see what changed in what feeds \($0)" } ?? "see what changed in what feeds the model"
            case "outlier": "look at the flagged rows: a sender that is broken, or a kind of input that is new"
            case "adversarial": "find out who sends these requests"
            case "silence": "see that the detector runs, and that its monitor names this model and endpoint"
            case "quality": "see what the rows that cannot be judged lack; the verdicts name the reason"
            case "performance": "compare with the version before, and see which rows it gets wrong"
            case "fairness": "compare the groups, and how many rows each has"
            default: "see the verdicts behind it"
            }
        return "Next: \(step)" + (alert.runbookURL == nil ? "." : ", as the runbook says.")
    }

    /// What an effect is called in a sentence.
    private static func words(_ name: String) -> String {
        name == "flagged_share_excess"
            ? "share of flagged rows beyond the promised one" : name.split(separator: "_").joined(separator: " ")
    }

    /// What a feature is called in a sentence: where nobody named it, its name is its place.
    private static func column(_ name: String) -> String { name.allSatisfy(\.isNumber) ? "column \(name)" : name }

    /// A number as a person reads it: three significant digits, `3.1e-09` where it is tiny or huge.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        if value == 0 { return "0" }
        var exponent = 0
        var mantissa = value.magnitude
        while mantissa >= 10 { mantissa /= 10; exponent += 1 }
        while mantissa < 1 { mantissa *= 10; exponent -= 1 }
        mantissa = (mantissa * 100).rounded() / 100
        if mantissa >= 10 { mantissa /= 10; exponent += 1 }
        let sign = value < 0 ? "-" : ""
        if exponent < -4 || exponent > 5 { return "\(sign)\(trimmed(mantissa, decimals: 2))e\(exponent)" }
        return sign + trimmed(rounded(value.magnitude, to: max(0, 2 - exponent)), decimals: max(0, 2 - exponent))
    }

    private static func rounded(_ value: Double, to decimals: Int) -> Double {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return (value * scale).rounded() / scale
    }

    /// Decimal digits without the zeros at the end.
    private static func trimmed(_ value: Double, decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let units = Int((value * Double(scale)).rounded())
        var fraction = String(units % scale)
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(units / scale)" + (decimals == 0 || fraction.isEmpty ? "" : ".\(fraction)")
    }
}
