/// How a monitor is, as its verdicts say.
public enum VerdictStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// It gathers what it compares with, and does not judge yet.
    case learning
    /// It has too few usable rows to judge.
    case insufficient
    /// Nothing is wrong.
    case ok
    /// The budget's level was passed by an effect that matters.
    case alarm
    /// It was in alarm, and the last windows were well.
    case recovering
    /// It could not judge; the reason is in the message.
    case error
}
