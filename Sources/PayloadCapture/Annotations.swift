import JSON
import Journal
import OpenInference
import ServiceKit

/// The annotations of a deployment, as Kubernetes' downward API writes them into a file: `key="value"` a line, the value
/// quoted with backslashes.
enum Annotations {
    /// The allow-listed ones as a JSON object; nil when there are none.
    ///
    /// - Parameter key: The setting that names the file, for errors.
    static func text(_ path: String, names: [NamePattern], key: String) throws(SettingsError) -> String? {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try WholeFile.read(path, limit: 1 << 20) } catch {
            throw SettingsError(.file, key: key, "\(path): \(error.message)", remedy: error.remedy)
        }
        var object = JSONObject()
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let name = String(line[..<equals])
            guard names.contains(where: { $0.matches(name) }) else { continue }
            let quoted = line[line.index(after: equals)...]
            // What Go quotes otherwise than JSON does is told as it stands.
            let value = (try? JSONValue(parsing: quoted.utf8))?.string ?? String(quoted)
            object[name] = .string(HeaderFieldText.visible(value))
        }
        return object.isEmpty ? nil : JSONValue.object(object).text
    }
}
