/// A type that a setting can have: read from the text of a flag, a variable or a file.
package protocol SettingValue: Sendable {
    /// What a value may be, for `--help`, tables and errors: "a whole number".
    static var settingKind: String { get }
    /// Reads a value; nil when the text is none.
    init?(settingText: String)
    /// The text that reads as this value.
    var settingText: String { get }
    /// Whether the text is JSON, so that a file may hold it as a tree.
    static var isJSON: Bool { get }
    /// What is wrong with a text that is no value, where more can be said than its kind.
    static func fault(in settingText: String) -> String?
}

extension SettingValue {
    package static var isJSON: Bool { false }
    package static func fault(in settingText: String) -> String? { nil }
}

extension String: SettingValue {
    package static var settingKind: String { "text" }
    package init?(settingText: String) { self = settingText }
    package var settingText: String { self }
}

extension Int: SettingValue {
    package static var settingKind: String { "a whole number" }
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { String(self) }
}

extension Double: SettingValue {
    package static var settingKind: String { "a number" }
    package init?(settingText: String) {
        guard let value = Double(settingText), value.isFinite else { return nil }
        self = value
    }
    package var settingText: String { String(self) }
}

extension Bool: SettingValue {
    package static var settingKind: String { "true or false" }
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { String(self) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    package static var settingKind: String { Wrapped.settingKind }
    /// Empty text means that the setting is not set.
    package init?(settingText: String) {
        if settingText.isEmpty {
            self = .none
        } else if let value = Wrapped(settingText: settingText) {
            self = .some(value)
        } else {
            return nil
        }
    }
    package var settingText: String { self?.settingText ?? "" }
}

extension Array: SettingValue where Element: SettingValue {
    package static var settingKind: String { "\(Element.settingKind), or several with commas between" }
    package init?(settingText: String) {
        self = []
        for part in settingText.split(separator: ",") {
            guard let value = Element(settingText: String(part.trimmingSpaces)) else { return nil }
            append(value)
        }
    }
    package var settingText: String { map(\.settingText).joined(separator: ",") }
}

extension Duration: SettingValue {
    package static var settingKind: String { "a duration such as 250ms, 10s, 5m, 24h or 30d" }

    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400),
    ]

    package init?(settingText: String) {
        for unit in Self.units where settingText.hasSuffix(unit.suffix) {
            guard let count = Double(settingText.dropLast(unit.suffix.count)), count >= 0, count.isFinite else {
                continue
            }
            self = .nanoseconds(Int64((min(count * unit.seconds, 9e9) * 1e9).rounded()))
            return
        }
        return nil
    }

    package var settingText: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
        let unit = Self.units.last { seconds >= $0.seconds && (seconds / $0.seconds).rounded() == seconds / $0.seconds }
        guard let unit else { return "\(Int64((seconds * 1000).rounded()))ms" }
        return "\(Int64(seconds / unit.seconds))\(unit.suffix)"
    }
}

/// Settings that are one of a few words conform with these.
extension SettingValue where Self: RawRepresentable, Self.RawValue == String, Self: CaseIterable {
    package static var settingKind: String { allCases.map(\.rawValue).joined(separator: ", ") }
    package init?(settingText: String) { self.init(rawValue: settingText) }
    package var settingText: String { rawValue }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmingSpaces: SubSequence {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let start = firstIndex(where: { !isSpace($0) }), let end = lastIndex(where: { !isSpace($0) }) else {
            return self[endIndex..<endIndex]
        }
        return self[start...end]
    }
}
