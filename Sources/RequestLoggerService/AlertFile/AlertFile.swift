package import EventStore
import Foundation
import JSON
import ServiceKit

/// What people decided about alerts, as they wrote it: a YAML file of routes, rules, silences and budgets of teams.
///
/// It is checked whole before a process starts, against ``AlertTargets`` too; what is wrong is said by file and line.
package struct AlertFile: Sendable {
    package var routes: [AlertRoute] = []
    package var rules: [AlertRule] = []
    package var silences: [AlertSilence] = []
    package var teams: [TeamBudget] = []

    package init() {}

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with what to do.
    package init(path: String, targets: AlertTargets) throws {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw SettingsError(
                .file,
                key: "alerts.rules.file",
                "the file of alert rules \(path) cannot be read, or is not UTF-8",
                remedy: "Check the path and its permissions"
            )
        }
        try self.init(yaml: text, name: path, targets: targets)
    }

    /// Reads a text; `name` stands for its file in messages.
    package init(yaml text: String, name: String, targets: AlertTargets) throws {
        guard text.utf8.count <= 1 << 20 else {
            throw SettingsError(.file, key: name, "\(name) has more than 1 MiB", remedy: "Use patterns: model: digits*")
        }
        guard let root = try YAMLPlace(yaml: text, file: name)?.mapping(["routes", "rules", "silences", "teams"])
        else { return }
        routes = try root["routes"]?.list().map { try AlertRoute($0, targets: targets) } ?? []
        rules = try root["rules"]?.list().enumerated().map { try AlertRule($1, number: $0) } ?? []
        silences = try root["silences"]?.list().map { try AlertSilence($0) } ?? []
        if let teams = root["teams"] {
            let mapping = try teams.anyMapping()
            self.teams = try mapping.keys.map { try TeamBudget(team: $0, mapping.required($0)) }
        }
        var names: Set<String> = []
        for (route, place) in zip(routes, try root["routes"]?.list() ?? []) where !names.insert(route.name).inserted {
            throw place.fault("two routes are called '\(route.name)'", remedy: "Give each a name of its own")
        }
    }
}

extension AlertMatch {
    /// `{model: digits*, severity: [critical]}`.
    init(_ place: YAMLPlace?, labels: [Label] = Label.allCases) throws {
        self.init()
        guard let place else { return }
        let mapping = try place.mapping(labels.map(\.rawValue))
        for label in labels {
            guard let found = mapping[label.rawValue] else { continue }
            patterns[label] = try found.oneOrMore().map { element in
                let pattern = LabelPattern(try element.text())
                try Self.check(pattern, of: label, at: element)
                return pattern
            }
        }
    }

    /// A word that can never match is a slip.
    private static func check(_ pattern: LabelPattern, of label: Label, at place: YAMLPlace) throws {
        let known: [String] =
            switch label {
            case .severity: Alert.Severity.allCases.map(\.rawValue)
            case .kind: ["drift", "outlier", "adversarial", "performance", "quality", "fairness", "silence"]
            default: []
            }
        guard known.isEmpty || known.contains(where: pattern.matches) else {
            throw place.fault(
                "no \(label.rawValue) is ever '\("\(pattern)".prefix(60))'",
                remedy: "Known are: \(known.joined(separator: ", "))"
            )
        }
    }
}

extension AlertRule {
    fileprivate init(_ place: YAMLPlace, number: Int) throws {
        let mapping = try place.mapping([
            "name", "match", "owner", "runbook_url", "severity", "cooldown", "close_after", "critical_after",
        ])
        // How urgent an alert is follows from its rule, not the other way round.
        let labels = AlertMatch.Label.allCases.filter { $0 != .severity }
        self.init(
            name: try mapping["name"]?.text() ?? "rules[\(number)]",
            match: try AlertMatch(mapping["match"], labels: labels),
            owner: try mapping["owner"]?.text(),
            runbookURL: try mapping["runbook_url"]?.value("an http:// or https:// address") {
                WebAddress(settingText: $0) == nil ? nil : $0
            },
            severity: try mapping["severity"]?.value("warning or critical") { Alert.Severity(rawValue: $0) },
            coolDown: try mapping["cooldown"]?.duration(),
            closeAfter: try mapping["close_after"]?.wholeNumber(),
            criticalAfter: try mapping["critical_after"]?.wholeNumber()
        )
        guard mapping.keys.contains(where: { $0 != "name" && $0 != "match" }) else {
            throw place.fault("the rule says nothing", remedy: "Give owner, runbook_url, severity or cooldown")
        }
    }
}

extension AlertSilence {
    fileprivate init(_ place: YAMLPlace) throws {
        let mapping = try place.mapping(["match", "from", "until", "by", "reason"])
        self.init(
            match: try AlertMatch(mapping.required("match")),
            start: try mapping["from"]?.time(),
            end: try mapping.required("until").time(),
            author: try mapping.required("by").text(),
            reason: try mapping.required("reason").text()
        )
        if let start, start >= end {
            throw place.fault("it ends before it begins", remedy: "Give an 'until' that is after 'from'")
        }
    }
}

extension TeamBudget {
    fileprivate init(team: String, _ place: YAMLPlace) throws {
        let mapping = try place.mapping(["budget", "monitors"])
        let budget = try mapping.required("budget").value("a budget such as 2 per 30d") { AlarmRate($0) }
        let monitors = try mapping.required("monitors")
        var weights: [String: Double] = [:]
        if let list = try? monitors.list() {
            for name in list { weights[try name.text()] = 1 }
        } else {
            let named = try monitors.anyMapping()
            for name in named.keys {
                weights[name] = try named.required(name).value("a weight, a number above 0") {
                    Double($0).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
                }
            }
        }
        guard !weights.isEmpty else {
            throw monitors.fault("no monitor is named", remedy: "List the monitors that share the budget")
        }
        self.init(team: team, budget: budget, weights: weights)
    }
}

extension AlarmRate {
    /// Reads `2 per 30d`.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, words[1] == "per", let count = Double(words[0]), count > 0, count.isFinite,
            let period = Duration(settingText: String(words[2])), period > .zero
        else { return nil }
        self.init(count: count, period: period)
    }

    /// As it is written: `0.5 per 30d`.
    package var text: String { "\(AlertSentence.short(count)) per \(period.settingText)" }
}
