import FoundationEssentials
package import TOML

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A version folder with a `model.toml`, read as far as models of every kind have it in common.
///
/// What is of one kind alone, its weights and its own keys, is read by the kind's ``ModelRuntime``.
public struct ModelFolder: Sendable {
    /// The name of the file that makes a folder a model.
    public static let modelFileName = "model.toml"
    /// The name of the file that describes inputs and outputs.
    public static let schemaFileName = "schema.toml"
    /// A description is text of a few kilobytes; nothing larger is read.
    private static let largestText = 1 << 20

    /// The version folder.
    public let path: String
    /// What `model.toml` says of every kind of model.
    public let header: ModelHeader
    private let modelText: String

    /// Reads a version folder, or of a model folder of such folders with numbers for names the largest.
    ///
    /// - Parameter version: The name of a version folder within `folder`; nil takes the largest number.
    /// - Throws: `.notFound`; `.invalidDescription` by file and key.
    public init(_ folder: String, version: String? = nil) throws(PredictionError) {
        path = try Self.versionFolder(version.map { "\(folder)/\($0)" } ?? folder)
        modelText = try Self.text(of: Self.modelFileName, in: path)
        header = try ModelHeader(
            reading: TableReader<PredictionError>(parsing: modelText, file: "\(path)/\(Self.modelFileName)")
        )
    }

    /// The whole of `model.toml`, for the kind's own keys; whoever reads it calls `finish()`.
    package func modelFile() throws(PredictionError) -> TableReader<PredictionError> {
        let table = try TableReader<PredictionError>(parsing: modelText, file: "\(path)/\(Self.modelFileName)")
        _ = try ModelHeader(reading: table)
        return table
    }

    /// What `schema.toml` says; nil where there is none.
    ///
    /// - Throws: `.invalidDescription` by file and key.
    public func optionalSchema() throws(PredictionError) -> ModelSchema? {
        guard Self.size(of: "\(path)/\(Self.schemaFileName)") != nil else { return nil }
        return try schema()
    }

    /// What `schema.toml` says.
    ///
    /// - Throws: `.notFound`; `.invalidDescription` by file and key.
    public func schema() throws(PredictionError) -> ModelSchema {
        try ModelSchema(
            parsing: Self.text(of: Self.schemaFileName, in: path),
            file: "\(path)/\(Self.schemaFileName)"
        )
    }

    /// The model's name and version with what a schema describes.
    public func description(_ schema: ModelSchema) -> ModelDescription {
        ModelDescription(name: header.name, version: header.version, inputs: schema.inputs, outputs: schema.outputs)
    }

    /// The bytes of a file of the folder; nil where there is no such file.
    ///
    /// Asked of the system itself: a process with all of Foundation in it gets attributes of other types.
    public func size(of name: String) -> Int? { Self.size(of: "\(path)/\(name)") }

    /// The folder itself when it holds a model, else its subfolder with the largest number.
    private static func versionFolder(_ folder: String) throws(PredictionError) -> String {
        if FileManager.default.fileExists(atPath: "\(folder)/\(modelFileName)") { return folder }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let versions = names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(modelFileName)") }
        guard let newest = versions.compactMap({ UInt64($0) }).max() else {
            throw PredictionError(
                .notFound,
                "\(folder) holds neither \(modelFileName) nor a numbered folder with one",
                remedy: "Give a model folder <model> or <model>/<version>"
            )
        }
        // A name such as "007" is its own folder: find the one that was read, not the one that would be printed.
        let name = versions.first { UInt64($0) == newest } ?? "\(newest)"
        return "\(folder)/\(name)"
    }

    private static func text(of name: String, in folder: String) throws(PredictionError) -> String {
        let path = "\(folder)/\(name)"
        guard let size = size(of: path) else {
            throw PredictionError(.notFound, "\(path) is not there", remedy: "Give the model all of its files")
        }
        guard size <= largestText, let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data, as: UTF8.self)
        else {
            throw PredictionError(
                .invalidDescription,
                "\(path) is no text of up to \(largestText) bytes",
                remedy: "Give a TOML file in UTF-8"
            )
        }
        return text
    }

    private static func size(of path: String) -> Int? {
        var attributes = stat()
        return stat(path, &attributes) == 0 ? Int(attributes.st_size) : nil
    }
}
