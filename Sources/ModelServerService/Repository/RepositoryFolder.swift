import Journal
package import Prediction

/// The folder of models, `<model>/<version>/model.toml` and the version's other files, with an optional `serving.toml`
/// beside the versions.
///
/// Asked of the system itself, a few calls for each version: a thousand models are looked at every few seconds.
/// Names that begin with a dot or end in `.partial` are somebody's work under way and are passed over.
package struct RepositoryFolder: Sendable {
    /// Its path.
    package let path: String

    /// The name of the file that makes a folder a version.
    static let modelFile = "model.toml"
    /// The name of the file with what is said about serving a model.
    static let settingsFile = "serving.toml"
    private static let largestSettings = 64 << 10

    package init(_ path: String) {
        self.path = path
    }

    /// What it holds; nil when it cannot be read.
    package func listing() -> RepositoryListing? {
        guard let names = Self.entries(path) else { return nil }
        var listing = RepositoryListing()
        for name in names { listing.models[name] = model(name) }
        return listing
    }

    /// What a model's folder holds; nil when it is none.
    package func model(_ name: String) -> RepositoryListing.Model? {
        guard Self.isPlain(name), let entries = Self.entries("\(path)/\(name)") else { return nil }
        let versions = entries.compactMap { version($0, of: name) }
            .sorted { RepositoryListing.isOlder($0.name, $1.name) }
        guard !versions.isEmpty else { return nil }
        let settings =
            entries.contains(Self.settingsFile) ? FileStatus(path: "\(path)/\(name)/\(Self.settingsFile)") : nil
        return RepositoryListing.Model(versions: versions, settings: settings?.signature)
    }

    /// How a model is to be served.
    ///
    /// - Throws: `.invalidDescription` naming the file and the key.
    package func settings(of name: String) throws(PredictionError) -> ServingSettings {
        let file = "\(path)/\(name)/\(Self.settingsFile)"
        let bytes: [UInt8]
        do {
            bytes = try WholeFile.read(file, limit: Self.largestSettings)
        } catch {
            throw PredictionError(
                .invalidDescription,
                "\(file) cannot be read, or has more than \(Self.largestSettings) bytes: \(error)",
                remedy: "Give a TOML file of a few lines"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PredictionError(.invalidDescription, "\(file) is no UTF-8", remedy: "Give a TOML file in UTF-8")
        }
        return try ServingSettings(parsing: text, file: file)
    }

    /// Whether there is something under a path.
    static func isThere(_ path: String) -> Bool { FileStatus(path: path) != nil }

    /// The folder of a version.
    package func folder(of key: ModelKey) -> String { "\(path)/\(key.name)/\(key.version)" }

    private func version(_ version: String, of name: String) -> RepositoryListing.Version? {
        let folder = "\(path)/\(name)/\(version)"
        guard let files = Self.entries(folder), files.contains(Self.modelFile) else { return nil }
        var found = RepositoryListing.Version(name: version, signature: 0, bytes: 0)
        for file in files {
            guard let status = FileStatus(path: "\(folder)/\(file)") else { continue }
            // Order does not matter to a sum, and folders have none.
            found.signature &+= Fingerprint(file).adding(status.signature).value
            found.bytes += status.bytes
        }
        return found
    }

    /// Whether a name from a request can be one of a folder in this one.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.hasSuffix(".partial")
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// The names in a folder that count; nil when it is none or cannot be read.
    private static func entries(_ path: String) -> [String]? { (try? Folder.names(in: path))?.filter(isPlain) }
}

extension FileStatus {
    /// A number that tells it from others.
    fileprivate var signature: UInt64 {
        Fingerprint().adding(UInt64(bitPattern: modified)).adding(UInt64(bytes)).adding(number).value
    }
}

/// FNV-1a over 64 bits: the same in every run, unlike Swift's own hashes.
private struct Fingerprint {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    init(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }

    private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    func adding(_ number: UInt64) -> Fingerprint {
        var copy = self
        for shift in stride(from: 0, to: 64, by: 8) { copy.add(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
        return copy
    }
}
