import FoundationEssentials
package import OpenInference
import Prediction
package import ServiceKit

/// The setting of a service that decodes payloads and asks no model.
package enum PayloadPaths {
    /// The file with the paths.
    package static let file = SettingKey(
        "models.file",
        default: String?.none,
        "The models.toml with the JSON paths to the tensors of models whose bodies follow no dialect; nothing else is read of it."
    )

    /// The mappings that the settings name.
    ///
    /// - Throws: ``SettingsError`` for a file that cannot be read; `PredictionError` for what is wrong in it.
    package static func mappings(_ settings: Settings) throws -> PayloadMappings {
        guard let path = try settings.value(file) else { return .none }
        let text = try SettingFile.text(
            of: path,
            key: file.name,
            remedy: "Give the path of a models.toml, or leave \(file.name) out where every body follows a dialect"
        )
        return try PayloadMappings(try ModelMap(parsing: text, file: path))
    }
}
