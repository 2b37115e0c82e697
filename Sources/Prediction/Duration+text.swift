extension Duration {
    /// Reads a duration as our files write it: a number and a unit, `500ms`, `2s`, `5m`, `12h`, `30d`.
    ///
    /// `nil` when the text is anything else, or longer than 100 years.
    package init?(text: String) {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let number = Double(digits), number.isFinite else { return nil }
        let factor: Double
        switch text.dropFirst(digits.count) {
        case "ms": factor = 0.001
        case "s": factor = 1
        case "m": factor = 60
        case "h": factor = 3_600
        case "d": factor = 86_400
        default: return nil
        }
        let seconds = number * factor
        guard seconds <= 100 * 365.25 * 86_400 else { return nil }
        self = .milliseconds(Int64((seconds * 1_000).rounded()))
    }
}
