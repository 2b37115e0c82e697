import Journal

/// Files with a secret in them; what they hold never stands in an error.
package enum SecretFile {
    /// The first line that is not empty.
    package static func first(in path: String) throws(SettingsError) -> String {
        guard let line = try lines(of: path).first else {
            throw SettingsError(.file, key: path, "the token file \(path) is empty", remedy: "Write a token into it")
        }
        return line
    }

    /// The lines that are not empty, without spaces at their ends.
    static func lines(of path: String) throws(SettingsError) -> [String] {
        do {
            let bytes = try WholeFile.read(path, limit: 64 << 10)
            return bytes.split { $0 == 0x0A || $0 == 0x0D }.map {
                String(String(decoding: $0, as: UTF8.self).trimmingSpaces)
            }
            .filter { !$0.isEmpty }
        } catch {
            throw SettingsError(
                .file,
                key: path,
                "the token file \(path) cannot be read: \(error.message)",
                remedy: "Check the path and its permissions"
            )
        }
    }
}
