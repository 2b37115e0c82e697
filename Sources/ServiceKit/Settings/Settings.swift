import Configuration
import JSON

/// The settings of a process, read once at start: flag, then environment, then file, then default.
///
/// Every key that is given must be declared and every value readable, wherever it stands; the first that is not stops
/// the process. Values are looked up through swift-configuration, in layers.
package struct Settings: Sendable {
    /// What may be set, in the order of `--help`.
    package let declared: [any Setting]
    private let reader: ConfigReader

    /// Reads settings.
    ///
    /// - Parameters:
    ///   - declared: Every setting of the process; of two with the same name the last counts.
    ///   - arguments: The command line without the name of the program: `--http-listen 127.0.0.1:80` or
    ///     `--http-listen=…`; a setting that is true or false may stand alone.
    ///   - environment: All variables; those that begin with `VEDETTE_` are settings.
    ///   - file: The bytes of a JSON object, nested or with dotted keys.
    ///   - fileName: How errors call the file.
    /// - Throws: The first key that is not declared, or value that is not readable.
    package init(
        _ declared: [any Setting],
        arguments: [String] = [],
        environment: [String: String] = [:],
        file: [UInt8]? = nil,
        fileName: String = "the settings file"
    ) throws(SettingsError) {
        let declared = Self.lastOfEachName(declared)
        self.declared = declared
        let layers = [
            ("flags", try CommandLineLayer.read(arguments, declared: declared)),
            ("environment", try EnvironmentLayer.read(environment, declared: declared)),
            ("file", try FileLayer.read(file, name: fileName, declared: declared)),
        ]
        reader = ConfigReader(
            providers: layers.map { name, values in
                InMemoryProvider(name: name, values: Self.configuration(values))
            }
        )
    }

    /// The value of a setting.
    ///
    /// - Precondition: The setting is declared; asking for another is a mistake in our own code.
    package func value<Value: SettingValue>(_ key: SettingKey<Value>) throws(SettingsError) -> Value {
        guard let declaration = declared.first(where: { $0.name == key.name }) else {
            preconditionFailure("the setting \(key.name) is read and not declared")
        }
        let text = reader.string(forKey: ConfigKey(key.name)) ?? declaration.defaultText
        guard let value = key.value(of: text) else {
            throw Self.unreadable(declaration, text, spelling: key.name)
        }
        return value
    }

    /// Whether a setting was given, by flag, environment or file.
    package func isGiven(_ key: some Setting) -> Bool {
        reader.string(forKey: ConfigKey(key.name)) != nil
    }

    static func unreadable(_ setting: any Setting, _ text: String, spelling: String) -> SettingsError {
        let shown = setting.isSecret ? "what it holds" : "\"\(text)\""
        return SettingsError(
            .unreadable,
            key: spelling,
            "\(spelling): \(shown) is not \(setting.kind)" + (setting.fault(in: text).map { ": \($0)" } ?? ""),
            remedy: "Give \(setting.kind)"
                + (setting.defaultText.isEmpty ? ", or leave it out" : "; the default is \(setting.defaultText)")
        )
    }

    /// The error of a key that nobody declared, with those that were probably meant.
    static func unknown(_ spelling: String, in place: String, known: [String]) -> SettingsError {
        let distances = known.map { (name: $0, distance: EditDistance.between($0, spelling)) }
        let near =
            distances
            .filter { $0.distance <= 1 + spelling.count / 4 || $0.name.hasPrefix(spelling) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
        return SettingsError(
            .unknown,
            key: spelling,
            "\(spelling) in \(place) is no setting",
            remedy: near.isEmpty
                ? "Known are: \(known.sorted().joined(separator: ", "))"
                : "Did you mean \(near.joined(separator: " or "))? --help lists all"
        )
    }

    private static func lastOfEachName(_ settings: [any Setting]) -> [any Setting] {
        var kept: [any Setting] = []
        for setting in settings {
            if let index = kept.firstIndex(where: { $0.name == setting.name }) {
                kept[index] = setting
            } else {
                kept.append(setting)
            }
        }
        return kept
    }

    private static func configuration(_ values: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
        var configuration: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, text) in values {
            configuration[AbsoluteConfigKey(name.split(separator: ".").map(String.init))] = ConfigValue(
                .string(text),
                isSecret: false
            )
        }
        return configuration
    }
}
