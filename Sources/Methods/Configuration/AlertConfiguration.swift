import JSON
import Prediction
import TOML

/// The table `[alert]`: when a verdict becomes an alarm, and whom it concerns.
package struct AlertConfiguration: Sendable, Equatable {
    /// How long a monitor may see no rows while its model has traffic.
    package enum Silence: Sendable, Hashable {
        /// Learned from the rhythm of the monitor's own rows.
        case automatic
        /// A fixed stretch.
        case after(Duration)
        /// Never told.
        case off
    }

    /// False alarms allowed.
    package var budget: AlarmBudget
    /// The least effect that is worth an alarm, in the unit of the method's effect.
    package var minEffect: Double
    /// The looks without drift, one after the other, that end an alarm.
    package var recoverAfter: Int
    /// How long after the end of an alarm none begins, by event time.
    package var coolDown: Duration
    /// Who answers for the model.
    package var owner: String?
    /// Where the steps to take are written.
    package var runbookURL: String?
    /// How long no rows may come.
    package var maxSilence: Silence

    /// What a monitor that says nothing gets: one false alarm in thirty days, any effect.
    package static let standard = AlertConfiguration()

    /// Creates the configuration of a monitor that says nothing.
    package init() {
        budget = .standard
        minEffect = 0
        recoverAfter = 2
        coolDown = .zero
        maxSilence = .automatic
    }

    /// Reads the table `[alert]`.
    init(reading table: TableReader<MethodError>) throws(MethodError) {
        self.init()
        if let text = try table.optionalText("budget") {
            guard let budget = AlarmBudget(text) else {
                throw table.wrong("budget", "a count per duration, such as \"1 per 30d\"")
            }
            self.budget = budget
        }
        minEffect = try table.number("min_effect", in: 0...Double.greatestFiniteMagnitude, default: 0)
        recoverAfter = try table.integer("recover_after", in: 1...1000, default: recoverAfter)
        coolDown = try table.optionalDuration("cool_down") ?? coolDown
        owner = try table.optionalText("owner")
        runbookURL = try table.optionalText("runbook_url")
        if let text = try table.optionalText("max_silence") {
            switch text {
            case "auto": maxSilence = .automatic
            case "off": maxSilence = .off
            default:
                guard let duration = Duration(text: text), duration > .zero else {
                    throw table.wrong("max_silence", "\"auto\", \"off\" or a duration such as \"10m\"")
                }
                maxSilence = .after(duration)
            }
        }
    }

    /// What of it decides verdicts: the owner and the runbook may change without a new state.
    var canonical: JSONValue {
        var object: JSONObject = [
            "budget": .number(budget.count / budget.period.inSeconds), "min_effect": .number(minEffect),
        ]
        // Only where they are said, so that hashes of configurations that do not know them stay as they were.
        if recoverAfter != Self.standard.recoverAfter { object["recover_after"] = .integer(Int64(recoverAfter)) }
        if coolDown != Self.standard.coolDown { object["cool_down"] = .number(coolDown.inSeconds) }
        return .object(object)
    }
}
