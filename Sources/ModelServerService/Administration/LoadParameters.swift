import CloudEvents
import JSON

/// What goes with a load: the configuration that the client expects, and files where it brings the model itself.
package struct LoadParameters: Sendable, Equatable {
    /// A file of a version folder.
    package struct File: Sendable, Equatable {
        package var version: String
        package var name: String
        package var bytes: [UInt8]
    }

    /// A JSON object as text, as Triton's clients send it.
    package var configuration: String?
    package private(set) var files: [File] = []
    /// Names that are no `file:<version>/<name>`.
    package private(set) var unreadable: [String] = []

    /// What the name of a file begins with.
    static let filePrefix = "file:"

    package init() {}

    /// Reads the body of `POST /v2/repository/models/<model>/load`: `parameters` with `config` and files in base64.
    ///
    /// - Throws: 400 for what is no JSON, or a file that is no base64.
    package init(_ body: [UInt8]) throws {
        guard !body.isEmpty else { return }
        let parameters = try JSONValue(parsing: body)["parameters"]?.object ?? [:]
        for (name, value) in parameters {
            if name == "config" {
                configuration = value.string ?? value.text
            } else if name.hasPrefix(Self.filePrefix) {
                guard let bytes = value.string.flatMap({ Base64.decode(Array($0.utf8)) }) else {
                    throw InferenceFailure.badInput(
                        "\(name.prefix(128)) is no base64",
                        remedy: "Send its bytes in base64"
                    )
                }
                addFile(name, bytes)
            }
        }
    }

    /// Adds a file by the name of its parameter, `file:<version>/<name>`.
    mutating func addFile(_ parameter: String, _ bytes: [UInt8]) {
        let parts = parameter.dropFirst(Self.filePrefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isPlain) else {
            unreadable.append(parameter)
            return
        }
        files.append(File(version: String(parts[0]), name: String(parts[1]), bytes: bytes))
    }

    /// Whether a text can be a name in a folder, and nothing that leads out of it.
    static func isPlain(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
            }
    }
}
