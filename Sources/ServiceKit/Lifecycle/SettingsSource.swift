import Journal

/// Takes `--config FILE` off a command line and reads the settings with that file under them.
enum SettingsSource {
    static func settings(
        _ declared: [any Setting],
        arguments: [String],
        environment: [String: String]
    ) throws -> Settings {
        var environment = environment
        var rest: [String] = []
        var path = environment.removeValue(forKey: "VEDETTE_CONFIG")
        var remaining = arguments[...]
        while let argument = remaining.popFirst() {
            if argument.hasPrefix("--config=") {
                path = String(argument.dropFirst("--config=".count))
            } else if argument == "--config" {
                guard let next = remaining.popFirst() else {
                    throw SettingsError(
                        .usage,
                        key: argument,
                        "--config has no value",
                        remedy: "Give the path of a JSON file after it"
                    )
                }
                path = next
            } else {
                rest.append(argument)
            }
        }
        guard let path else { return try Settings(declared, arguments: rest, environment: environment) }
        let file: [UInt8]
        do {
            file = try WholeFile.read(path, limit: 1 << 20)
        } catch {
            throw SettingsError(
                .file,
                key: path,
                "the settings file \(path) cannot be read: \(error.message)",
                remedy: "Check the path and its permissions, or leave --config out"
            )
        }
        return try Settings(declared, arguments: rest, environment: environment, file: file, fileName: path)
    }
}
