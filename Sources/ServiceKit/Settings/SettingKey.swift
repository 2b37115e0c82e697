/// A setting without the type of its value: what lists, `--help` and checks need.
package protocol Setting: Sendable {
    /// The one spelling: dots between lower-case words, `journal.capacity.bytes`.
    var name: String { get }
    /// One sentence: what it does, in which unit and between which bounds.
    var meaning: String { get }
    /// What a value may be.
    var kind: String { get }
    /// The default as text; empty when it is not set.
    var defaultText: String { get }
    /// Whether it is a secret: never by flag, never shown.
    var isSecret: Bool { get }
    /// Whether its text is JSON, so that a file may hold it as a tree.
    var isJSON: Bool { get }
    /// Whether a text is a value of it.
    func accepts(_ text: String) -> Bool
    /// What is wrong with a text that it does not accept, where more can be said than its kind.
    func fault(in text: String) -> String?
}

/// A setting: its name, its type, its default and what it means.
///
/// `journal.capacity.bytes` is `--journal-capacity-bytes`, `VEDETTE_JOURNAL_CAPACITY_BYTES` and
/// `{"journal": {"capacity": {"bytes": 1073741824}}}`; `journal.commitInterval` is `--journal-commit-interval`.
package struct SettingKey<Value: SettingValue>: Setting {
    package let name: String
    package let defaultValue: Value
    package let meaning: String
    package let isSecret: Bool
    private let isAllowed: (@Sendable (Value) -> Bool)?
    private let allowed: String?

    /// - Parameters:
    ///   - allowed: What `isAllowed` asks for, in the words of an error: "1 to 1000".
    ///   - isAllowed: Whether a readable value makes sense; all do by default.
    package init(
        _ name: String,
        default defaultValue: Value,
        _ meaning: String,
        isSecret: Bool = false,
        allowed: String? = nil,
        where isAllowed: (@Sendable (Value) -> Bool)? = nil
    ) {
        self.name = name
        self.defaultValue = defaultValue
        self.meaning = meaning
        self.isSecret = isSecret
        self.allowed = allowed
        self.isAllowed = isAllowed
    }

    package var kind: String { allowed.map { "\(Value.settingKind), \($0)" } ?? Value.settingKind }
    package var defaultText: String { defaultValue.settingText }

    package var isJSON: Bool { Value.isJSON }
    package func fault(in text: String) -> String? { Value.fault(in: text) }

    package func accepts(_ text: String) -> Bool {
        value(of: text) != nil
    }

    /// Reads a value; nil when the text is none that is allowed.
    func value(of text: String) -> Value? {
        guard let value = Value(settingText: text), isAllowed?(value) ?? true else { return nil }
        return value
    }
}

extension Setting {
    /// The spelling as a flag: `--journal-commit-interval`.
    package var flag: String { "--\(words.joined(separator: "-"))" }
    /// The spelling as an environment variable: `VEDETTE_JOURNAL_COMMIT_INTERVAL`.
    package var variable: String { "VEDETTE_\(words.joined(separator: "_").uppercased())" }

    private var words: [String] {
        var words: [String] = []
        for part in name.split(separator: ".") {
            var word = ""
            for character in part {
                if character.isUppercase {
                    words.append(word)
                    word = ""
                }
                word += character.lowercased()
            }
            words.append(word)
        }
        return words
    }
}
