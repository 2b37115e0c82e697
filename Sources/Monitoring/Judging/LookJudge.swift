package import CloudEvents
package import Methods

/// What a monitor concludes from one look: the test's answer, the status that follows, and why there may be none.
package struct Judgement: Sendable, Equatable {
    /// The test's answer; nil where there was none.
    package var result: WindowResult?
    /// The answer of a sequential test.
    package var answer: SequentialAnswer?
    /// The level at which the look could have raised an alarm; nil where it could not.
    package var level: Double?
    /// The status that the monitor shows after it.
    package var status: VerdictStatus
    /// Whether an alarm began with this look.
    package var beginsAlarm = false
    /// Why there is no answer, or why it is not trusted.
    package var remark: String?
    /// What the change is consistent with, in a sentence.
    package var cause: String?
    /// What says so, by the names of a verdict's fields.
    package var details: [String: [Double]] = [:]
    /// The slices of a window that drifted, where they are asked for.
    package var slices: [SliceAttribution.Finding] = []
}

extension MonitorStatus {
    /// Judges a look: tests it, decides whether the budget and the least effect make it an alarm, and moves on.
    ///
    /// The test runs at every look that has the rows, since its own answer at `p_val` is wanted each time. It spends of
    /// the budget only when it could have answered below the level of the look.
    ///
    /// - Parameters:
    ///   - look: The window.
    ///   - budget: The monitor's budget, earned up to the look; pays for it.
    ///   - alert: The least effect, in the method's unit, that is worth an alarm, and when alarms end and come back.
    ///   - smallestPValue: The smallest p-value that the test could give for this window.
    ///   - test: The test, given the level that may have to be decided at.
    package mutating func judge(
        _ look: Look,
        budget: inout FalseAlarmBudget,
        alert: AlertConfiguration,
        smallestPValue: Double,
        test: (_ level: Double) throws -> WindowResult
    ) -> Judgement {
        guard look.hasEnoughRows, !look.rows.isEmpty else {
            lackRows()
            return Judgement(status: shown, remark: "\(look.rows.count) rows when the time was up")
        }
        let level = budget.level
        let canFire = level > 0 && smallestPValue <= level
        let result: WindowResult
        do { result = try test(canFire ? level : budget.ceiling) } catch {
            fail()
            return Judgement(status: shown, remark: "\(error)")
        }
        guard !look.lostTooMany else {
            lackRows()
            return Judgement(
                result: result,
                status: shown,
                remark: look.lossRemark
            )
        }
        if canFire { budget.spend(level) }
        let isAlarm = canFire && result.pValue <= level && result.effect.value >= alert.minEffect
        let begins = judge(isDrift: result.isDrift, isAlarm: isAlarm, at: look.at, by: alert)
        return Judgement(result: result, level: canFire ? level : nil, status: shown, beginsAlarm: begins)
    }

    /// Judges what a sequential test says at the end of a look: a detection is an alarm when its effect is large enough.
    ///
    /// The test keeps its promise by itself, whatever the number of looks, so no budget is spent.
    ///
    /// - Parameters:
    ///   - alert: The least effect, in the method's unit, that is worth an alarm, and when alarms end and come back.
    package mutating func judge(_ look: Look, answer: SequentialAnswer, alert: AlertConfiguration) -> Judgement {
        let isAlarm = answer.isDrift && answer.effect.value >= alert.minEffect
        if !isAlarm, let remark = answer.remark {
            lackRows()
            return Judgement(answer: answer, status: shown, remark: remark)
        }
        guard isAlarm || !look.lostTooMany else {
            lackRows()
            return Judgement(answer: answer, status: shown, remark: look.lossRemark)
        }
        let begins = judge(isDrift: answer.isDrift, isAlarm: isAlarm, at: look.at, by: alert)
        return Judgement(answer: answer, status: shown, beginsAlarm: begins, remark: answer.remark)
    }
}
