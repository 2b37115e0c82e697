package import Foundation
import Yams

/// What `vedette up` starts: a `mesh.yaml` as a value.
///
/// ```yaml
/// services:
///   - executable: request-logger
///     settings:
///       http.listen: 127.0.0.1:8090
///       state.directory: state/request-logger
/// ```
///
/// A setting has the name and the meaning that its executable gives it. Relative paths are read from the folder of the
/// file, which is every service's working directory. Services start in the order of the file, each after the one before
/// is ready.
package struct MeshDescription: Codable, Sendable, Equatable {
    /// One process of the mesh.
    package struct Service: Codable, Sendable, Equatable {
        /// The executable's name, looked for beside `vedette` and then on the PATH.
        package var executable: String
        /// What the service is called in the log, by default the executable's name; unique in the mesh.
        package var name: String
        /// Settings by their dotted names.
        package var settings: [String: String]

        package init(executable: String, name: String? = nil, settings: [String: String]) {
            self.executable = executable
            self.name = name ?? executable
            self.settings = settings
        }

        private enum CodingKeys: String, CodingKey {
            case executable, name, settings
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            executable = try container.decode(String.self, forKey: .executable)
            name = try container.decodeIfPresent(String.self, forKey: .name) ?? executable
            settings = try container.decodeIfPresent([String: String].self, forKey: .settings) ?? [:]
        }

        /// The settings as flags, in the order of their names: `http.listen` becomes `--http-listen`.
        package var arguments: [String] {
            settings.sorted { $0.key < $1.key }.flatMap { key, value in [Self.flag(for: key), value] }
        }

        private static func flag(for key: String) -> String {
            var flag = "--"
            for character in key {
                if character == "." {
                    flag.append("-")
                } else if character.isUppercase {
                    flag += "-" + character.lowercased()
                } else {
                    flag.append(character)
                }
            }
            return flag
        }

        /// Where its own routes answer, for health and metrics: the tap's are on its second port.
        package var controlURL: String? {
            (address("control.listen") ?? address("http.listen")).map { "\(scheme)://\($0)" }
        }

        /// Where clients find it; nil where only a settings file of its own says it.
        package var url: String? { address("http.listen").map { "\(scheme)://\($0)" } }

        /// An address as it is set, or else as the executable has it by default.
        private func address(_ key: String) -> String? {
            settings[key] ?? (settings["config"] == nil ? Self.usualAddresses[executable]?[key] : nil)
        }

        /// The addresses that the executables of Vedette have by default.
        package static let usualAddresses: [String: [String: String]] = [
            "payload-tap": ["http.listen": "127.0.0.1:9080", "control.listen": "127.0.0.1:9089"],
            "model-server": ["http.listen": "127.0.0.1:8080"],
            "request-logger": ["http.listen": "127.0.0.1:8090"],
            "drift-detector": ["http.listen": "127.0.0.1:8091"],
            "outlier-detector": ["http.listen": "127.0.0.1:8092"],
            "adversarial-detector": ["http.listen": "127.0.0.1:8093"],
            "explainer": ["http.listen": "127.0.0.1:8094"],
        ]

        private var scheme: String { settings["http.tls.certificate.file"] == nil ? "http" : "https" }
    }

    /// The processes, in starting order.
    package var services: [Service]

    package init(services: [Service]) {
        self.services = services
    }

    /// Reads a mesh file.
    ///
    /// - Throws: `CommandError` when the file cannot be read, is not YAML of this form, holds a key that is not known,
    ///   names no service or names one twice.
    package init(file: URL) throws {
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw CommandError.unavailable(
                "the mesh file \(file.path) cannot be read",
                remedy: "Give the path of a mesh.yaml, or use --demo digits"
            )
        }
        try self.init(yaml: text, name: file.lastPathComponent)
    }

    /// Reads a mesh from YAML text; `name` stands for it in messages.
    package init(yaml text: String, name: String) throws {
        do {
            try Self.checkKeys(of: Yams.load(yaml: text), name: name)
            self = try YAMLDecoder().decode(MeshDescription.self, from: text)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError.badInput(
                "\(name) is not a mesh file: \(error)",
                remedy: "It holds `services`, a list of {executable, name, settings}; see docs/reference/mesh-yaml.md"
            )
        }
        guard !services.isEmpty else {
            throw CommandError.badInput("\(name) names no service", remedy: "List at least one under `services`")
        }
        let names = services.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw CommandError.badInput(
                "\(name) has two services called \(twice)",
                remedy: "Give each a `name` of its own"
            )
        }
    }

    /// The mesh as YAML, in the form that `init(file:)` reads.
    package func yaml() throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.sortKeys = true
        return try encoder.encode(self)
    }

    /// Decoding would pass over a misspelt key in silence.
    private static func checkKeys(of document: Any?, name: String) throws {
        func check(_ value: Any?, known: [String], place: String) throws -> [String: Any] {
            guard let mapping = value as? [String: Any] else {
                throw CommandError.badInput(
                    "\(name): \(place) is not a mapping",
                    remedy: "It holds \(known.joined(separator: ", "))"
                )
            }
            if let unknown = mapping.keys.sorted().first(where: { !known.contains($0) }) {
                throw CommandError.badInput(
                    "\(name): \(place) has an unknown key `\(unknown)`",
                    remedy: "It may hold \(known.joined(separator: ", "))"
                )
            }
            return mapping
        }
        let root = try check(document, known: ["services"], place: "the file")
        for (index, service) in ((root["services"] as? [Any]) ?? []).enumerated() {
            _ = try check(service, known: ["executable", "name", "settings"], place: "service \(index + 1)")
        }
    }
}
