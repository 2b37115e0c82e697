import Journal

/// Files of text that settings name.
package enum SettingFile {
    /// More is no file that a person wrote.
    private static let limit = 16 << 20

    /// What a file holds.
    ///
    /// - Parameters:
    ///   - key: The setting that names it.
    ///   - remedy: What to do where it cannot be read.
    /// - Throws: ``SettingsError`` with the setting, the path and what the system says.
    package static func text(of path: String, key: String, remedy: String) throws(SettingsError) -> String {
        do {
            return String(decoding: try WholeFile.read(path, limit: limit), as: UTF8.self)
        } catch {
            throw SettingsError(.file, key: key, "\(key) cannot be read: \(error.message)", remedy: remedy)
        }
    }
}
