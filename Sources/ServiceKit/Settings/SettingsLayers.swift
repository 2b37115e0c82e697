import JSON

/// Settings on the command line.
enum CommandLineLayer {
    /// - Returns: The text of each setting that is given, by name.
    static func read(_ arguments: [String], declared: [any Setting]) throws(SettingsError) -> [String: String] {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                throw SettingsError(
                    .usage,
                    key: argument,
                    "\"\(argument)\" is no flag",
                    remedy: "Give settings as --name value; --help lists them"
                )
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            guard let setting = declared.first(where: { $0.flag == flag }) else {
                throw Settings.unknown(flag, in: "the command line", known: declared.map(\.flag))
            }
            guard !setting.isSecret else {
                throw SettingsError(
                    .usage,
                    key: flag,
                    "\(flag) is a secret, and others can read a command line",
                    remedy: "Give it by file or as \(setting.variable)"
                )
            }
            let text: String
            if parts.count == 2 {
                text = String(parts[1])
            } else if setting.kind == Bool.settingKind, rest.first.map({ $0.hasPrefix("--") }) ?? true {
                text = "true"
            } else if let next = rest.popFirst() {
                text = next
            } else {
                throw SettingsError(.usage, key: flag, "\(flag) has no value", remedy: "Give \(setting.kind) after it")
            }
            guard setting.accepts(text) else { throw Settings.unreadable(setting, text, spelling: flag) }
            values[setting.name] = text
        }
        return values
    }
}

/// Settings in the environment.
enum EnvironmentLayer {
    static let prefix = "VEDETTE_"

    static func read(_ environment: [String: String], declared: [any Setting]) throws(SettingsError) -> [String: String]
    {
        var values: [String: String] = [:]
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(prefix) {
            guard let setting = declared.first(where: { $0.variable == variable }) else {
                if isInjectedByCluster(variable) { continue }
                throw Settings.unknown(variable, in: "the environment", known: declared.map(\.variable))
            }
            guard setting.accepts(text) else { throw Settings.unreadable(setting, text, spelling: variable) }
            values[setting.name] = text
        }
        return values
    }

    /// Kubernetes gives every pod variables for every service of its namespace: one named `vedette-logger` makes
    /// `VEDETTE_LOGGER_SERVICE_HOST`, `VEDETTE_LOGGER_PORT` and `VEDETTE_LOGGER_PORT_8090_TCP_ADDR`.
    ///
    /// No setting ends so.
    private static func isInjectedByCluster(_ variable: String) -> Bool {
        variable.hasSuffix("_SERVICE_HOST") || variable.contains("_SERVICE_PORT") || variable.hasSuffix("_PORT")
            || variable.contains("_PORT_")
    }
}

/// Settings in a JSON file.
enum FileLayer {
    static func read(_ file: [UInt8]?, name: String, declared: [any Setting]) throws(SettingsError) -> [String: String]
    {
        guard let file else { return [:] }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: file)
        } catch {
            throw SettingsError(
                .file,
                key: name,
                "\(name): \(error.message)",
                remedy: "Give one JSON object of settings"
            )
        }
        guard case .object(let object) = value else {
            throw SettingsError(.file, key: name, "\(name) is no object", remedy: "Give one JSON object of settings")
        }
        if let twice = RepeatedKey.first(in: file) { throw repeated(twice, in: name) }
        var values: [String: String] = [:]
        try collect(object, under: "", in: name, declared: declared, into: &values)
        return values
    }

    private static func collect(
        _ object: JSONObject,
        under prefix: String,
        in file: String,
        declared: [any Setting],
        into values: inout [String: String]
    ) throws(SettingsError) {
        for (key, value) in object {
            let name = prefix + key
            // "journal.capacity" and {"journal": {"capacity": …}} are one setting.
            guard values[name] == nil else { throw repeated(name, in: file) }
            if let setting = declared.first(where: { $0.name == name }) {
                guard let text = setting.isJSON && value.string == nil ? value.text : text(of: value),
                    setting.accepts(text)
                else {
                    throw Settings.unreadable(setting, value.text, spelling: name)
                }
                values[name] = text
            } else if case .object(let inner) = value, declared.contains(where: { $0.name.hasPrefix("\(name).") }) {
                try collect(inner, under: "\(name).", in: file, declared: declared, into: &values)
            } else {
                throw Settings.unknown(name, in: file, known: declared.map(\.name))
            }
        }
    }

    private static func repeated(_ name: String, in file: String) -> SettingsError {
        SettingsError(
            .file,
            key: name,
            "\(file) gives \"\(name)\" twice",
            remedy: "Give each setting once: readers differ in which of two counts"
        )
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .string(let text): return text
        case .bool(let flag): return String(flag)
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .array(let values):
            let texts = values.map { text(of: $0) }
            return texts.contains(nil) ? nil : texts.compactMap(\.self).joined(separator: ",")
        case .null, .object: return nil
        }
    }
}
