import Crypto
import JSON
package import Tensors

/// A fitted monitor's folder, verified: `config.toml`, arrays as `.npy`, weights as `.safetensors`, `manifest.json`.
///
/// Reading refuses a folder in which a file is missing, changed, foreign, or leads outside. The verified bytes are
/// held until the methods have been loaded from them, so that nothing can change in between; let the value go then. Of a
/// folder that belongs to this process alone the larger files may be mapped: methods then use arrays and weights where
/// they lie on the disk.
package struct Artefact: Sendable {
    /// The configuration that the monitor was fitted with.
    package let configuration: MonitorConfiguration
    /// What the folder has to hold, and how the reference was used.
    package let manifest: Manifest
    /// A stable hash of everything that decides verdicts, configuration, arrays and weights; 16 hexadecimal digits.
    ///
    /// Comments, owner and runbook do not change it.
    package let configHash: String
    let files: [String: ArtefactFile]

    /// Reads and verifies a folder.
    ///
    /// - Parameters:
    ///   - mount: The root under which the folder was mounted, where links may lead to anywhere within; the folder itself
    ///     when it is left out.
    ///   - maps: Whether larger files are mapped. Only for a folder that nobody else writes to: reading what was cut off
    ///     a mapped file ends the process.
    /// - Throws: `.invalidArtefact` with the file and the field; `.invalidConfiguration`, `.unknownKey` or
    ///   `.unknownMethod` for its `config.toml`; `.fileSystem` when it cannot be read.
    /// - Complexity: O(bytes of the folder), one pass.
    package init(
        reading path: String,
        within mount: String? = nil,
        maps: Bool = false,
        catalog: MethodCatalog
    ) throws(MethodError) {
        let folder = try ContainedFolder(path, within: mount)
        let names = try folder.names()
        guard names.contains("manifest.json") else {
            throw .artefact("manifest.json", "\(path) has none, so nothing of it can be verified")
        }
        let manifest = try Manifest(parsing: folder.bytes(of: "manifest.json"))
        for name in names where name != "manifest.json" && manifest.files[name] == nil {
            throw .artefact(name, "the manifest does not list it")
        }
        guard manifest.files["config.toml"] != nil else { throw .artefact("manifest.json", "it lists no config.toml") }
        var files: [String: ArtefactFile] = [:]
        for (name, hash) in manifest.files.sorted(by: { $0.key < $1.key }) {
            let file = maps ? try folder.content(of: name) : .read(try folder.bytes(of: name))
            guard file.withBytes({ SHA256.hexadecimal(of: $0) }) == hash else {
                throw .artefact(name, "its SHA-256 is not the one in the manifest")
            }
            files[name] = file
        }
        let text = files["config.toml"]?.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
        let configuration = try MonitorConfiguration(parsing: text, catalog: catalog)
        self.init(configuration: configuration, manifest: manifest, files: files)
    }

    /// Makes the artefact of what was just fitted; ``write(to:)`` puts it into a folder.
    ///
    /// - Parameter manifest: Everything but the hashes, which are computed here.
    init(_ contents: ArtefactContents, configuration: MonitorConfiguration, manifest: Manifest) throws {
        var files: [String: [UInt8]] = ["config.toml": Array(configuration.text.utf8)]
        for (name, array) in contents.arrays { files[name + ".npy"] = try NPY.bytes(of: array) }
        for (name, tensors) in contents.weights {
            files[name + ".safetensors"] = try Safetensors(tensors: tensors).bytes()
        }
        var manifest = manifest
        manifest.files = files.mapValues { SHA256.hexadecimal(of: $0) }
        self.init(configuration: configuration, manifest: manifest, files: files.mapValues { .read($0) })
    }

    private init(configuration: MonitorConfiguration, manifest: Manifest, files: [String: ArtefactFile]) {
        self.configuration = configuration
        self.manifest = manifest
        self.files = files
        configHash = Artefact.configHash(configuration, manifest)
    }

    /// The shape of one row of features, after the preprocess step.
    package var featureShape: [Int] { manifest.featureShape }

    /// Whether the folder holds an array of this name.
    package func hasArray(_ name: String) -> Bool { files[name + ".npy"] != nil }

    /// Returns the array that is kept as `<name>.npy`.
    ///
    /// - Throws: `.invalidArtefact` when it is missing or malformed.
    package func array(_ name: String) throws(MethodError) -> AnyTensor {
        let file = name + ".npy"
        guard let content = files[file] else { throw .artefact(file, "it is not there") }
        do { return try content.array(name: file) } catch { throw .artefact(file, "\(error)", cause: error) }
    }

    /// Returns the array that is kept as `<name>.npy` in single precision.
    package func floats(_ name: String) throws(MethodError) -> Tensor<Float> {
        let array = try array(name)
        do { return try array.converted(to: Float.self) } catch {
            throw .artefact(name + ".npy", "it does not hold numbers: \(error)", cause: error)
        }
    }

    /// Returns the array that is kept as `<name>.npy` in double precision.
    package func doubles(_ name: String) throws(MethodError) -> Tensor<Double> {
        let array = try array(name)
        do { return try array.converted(to: Double.self) } catch {
            throw .artefact(name + ".npy", "it does not hold numbers: \(error)", cause: error)
        }
    }

    /// Returns the weights that are kept as `<name>.safetensors`, all FP32.
    ///
    /// - Throws: `.invalidArtefact` when the file is missing or malformed, or a tensor is of another type.
    package func weights(_ name: String) throws(MethodError) -> [String: AnyTensor] {
        let file = name + ".safetensors"
        guard let content = files[file] else { throw .artefact(file, "it is not there") }
        let tensors: [String: AnyTensor]
        do { tensors = try content.tensors(name: file) } catch { throw .artefact(file, "\(error)", cause: error) }
        if let foreign = tensors.filter({ $0.value.datatype != .float32 }).min(by: { $0.key < $1.key }) {
            throw .artefact(file, "the weight \(foreign.key) is \(foreign.value.datatype.rawValue) and not FP32")
        }
        return tensors
    }

    /// Lets the memory go that mapped files took while they were verified and loaded; it comes again from the disk when
    /// somebody reads them.
    package func releasePages() {
        for file in files.values { file.releasePages() }
    }

    private static func configHash(_ configuration: MonitorConfiguration, _ manifest: Manifest) -> String {
        var text = configuration.canonical.text
        for (name, hash) in manifest.files.sorted(by: { $0.key < $1.key }) where name != "config.toml" {
            text += "\n\(name) \(hash)"
        }
        return String(SHA256.hexadecimal(of: Array(text.utf8)).prefix(16))
    }
}
