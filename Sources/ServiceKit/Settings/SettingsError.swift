/// A setting that stops the process from starting, and what it may be instead.
package struct SettingsError: DescribedError, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package struct Code: Hashable, Sendable {
        package let name: String

        /// A key that nobody declared.
        package static let unknown = Code(name: "unknown_setting")
        /// A value that cannot be read, or is out of its bounds.
        package static let unreadable = Code(name: "unreadable_setting")
        /// A file of settings or a secret that cannot be read.
        package static let file = Code(name: "settings_file")
        /// Settings that do not go together.
        package static let conflict = Code(name: "settings_conflict")
        /// A command line that is none: a flag without value, a word that is no flag.
        package static let usage = Code(name: "usage")
    }

    package var code: Code
    /// The setting, in the spelling it was given in.
    package var key: String
    package var message: String
    package var remedy: String

    package var errorCode: String { code.name }
    package var description: String { "\(code.name): \(message). \(remedy)" }

    package init(_ code: Code, key: String, _ message: String, remedy: String) {
        self.code = code
        self.key = key
        self.message = message
        self.remedy = remedy
    }
}
