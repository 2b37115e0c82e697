package import JSON

/// A monitor folder's `manifest.json`: what belongs to the folder, and how the reference was used.
package struct Manifest: Sendable, Equatable {
    /// The only format that this build writes and reads.
    package static let formatVersion = 1

    /// SHA-256 of each file of the folder but this one, by its name, in hexadecimal.
    package var files: [String: String]
    /// Rows of each part of the reference; a part that nothing needed is absent.
    package var split: [SplitPart: Int]
    /// What the split was drawn from.
    package var seed: UInt64
    /// Whether the false-alarm promise holds: false with `split = "none"`, where rows were used twice.
    package var promiseHolds: Bool
    /// The version of the model that made the features, where the model did.
    package var modelVersion: String?
    /// The shape of one row as it was given, before the preprocess step and without a context.
    package var rowShape: [Int]
    /// What the values of a row were called where they came from, in their order; nil where nobody said.
    package var columns: [String]?
    /// How many values a row's context has, which stands behind it; 0 for methods that take none.
    package var contextWidth: Int
    /// The shape of one row of features, after the preprocess step.
    package var featureShape: [Int]

    /// Creates a manifest from its parts.
    package init(
        files: [String: String],
        split: [SplitPart: Int],
        seed: UInt64,
        promiseHolds: Bool,
        modelVersion: String?,
        rowShape: [Int],
        columns: [String]? = nil,
        contextWidth: Int = 0,
        featureShape: [Int]
    ) {
        self.files = files
        self.split = split
        self.seed = seed
        self.promiseHolds = promiseHolds
        self.modelVersion = modelVersion
        self.rowShape = rowShape
        self.columns = columns
        self.contextWidth = contextWidth
        self.featureShape = featureShape
    }

    /// The shape of one row with its context behind it, as a file or an event has it.
    package var givenRowShape: [Int] {
        contextWidth == 0 ? rowShape : [rowShape.reduce(1, *) + contextWidth]
    }

    /// The manifest as `manifest.json` holds it.
    package var json: JSONValue {
        var fileHashes = JSONObject()
        for (name, hash) in files.sorted(by: { $0.key < $1.key }) { fileHashes[name] = .string(hash) }
        var parts = JSONObject()
        for part in SplitPart.allCases { if let rows = split[part] { parts[part.rawValue] = .integer(Int64(rows)) } }
        var object: JSONObject = [
            "format_version": .integer(Int64(Manifest.formatVersion)),
            "files": .object(fileHashes),
            "split": .object(parts),
            "seed": .string("\(seed)"),
            "promise_holds": .bool(promiseHolds),
            "model_version": modelVersion.map { .string($0) } ?? .null,
            "row_shape": .array(rowShape.map { .integer(Int64($0)) }),
            "feature_shape": .array(featureShape.map { .integer(Int64($0)) }),
        ]
        if let columns { object["columns"] = .array(columns.map { .string($0) }) }
        if contextWidth > 0 { object["context_width"] = .integer(Int64(contextWidth)) }
        return .object(object)
    }

    /// Reads `manifest.json`.
    ///
    /// - Throws: `.invalidArtefact` with the field that is wrong.
    package init(parsing bytes: [UInt8]) throws(MethodError) {
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes) } catch {
            throw .artefact("manifest.json", "it is not JSON: \(error)", cause: error)
        }
        guard json["format_version"]?.int == Manifest.formatVersion else {
            throw .artefact(
                "manifest.json",
                "format_version is \(json["format_version"]?.text ?? "absent"), this build reads \(Manifest.formatVersion)"
            )
        }
        guard let fileTable = json["files"]?.object else { throw .artefact("manifest.json", "files is not a table") }
        files = [:]
        for (name, value) in fileTable {
            guard let hash = value.string, hash.utf8.count == 64 else {
                throw .artefact("manifest.json", "files.\(name) is not a SHA-256 in hexadecimal")
            }
            files[name] = hash
        }
        split = [:]
        for (name, value) in json["split"]?.object ?? [:] {
            guard let part = SplitPart(rawValue: name), let rows = value.int, rows >= 0 else {
                throw .artefact("manifest.json", "split.\(name) is \(value.text)")
            }
            split[part] = rows
        }
        guard let seed = json["seed"]?.string.flatMap({ UInt64($0) }) else {
            throw .artefact("manifest.json", "seed is \(json["seed"]?.text ?? "absent")")
        }
        self.seed = seed
        guard let promiseHolds = json["promise_holds"]?.bool else {
            throw .artefact("manifest.json", "promise_holds is \(json["promise_holds"]?.text ?? "absent")")
        }
        self.promiseHolds = promiseHolds
        modelVersion = json["model_version"]?.string
        rowShape = try Manifest.shape("row_shape", in: json)
        featureShape = try Manifest.shape("feature_shape", in: json)
        if let names = json["columns"] {
            columns = names.array?.compactMap(\.string)
            guard let columns, columns.count == names.array?.count, rowShape == [columns.count],
                Set(columns).count == columns.count
            else {
                throw .artefact("manifest.json", "columns are no \(rowShape) names that differ")
            }
        }
        contextWidth = json["context_width"] == nil ? 0 : json["context_width"]?.int ?? -1
        guard 0...65_536 ~= contextWidth else {
            throw .artefact("manifest.json", "context_width is \(json["context_width"]?.text ?? "absent")")
        }
    }

    private static func shape(_ key: String, in json: JSONValue) throws(MethodError) -> [Int] {
        let sizes = json[key]?.array?.map { $0.int ?? -1 }
        guard let sizes, sizes.allSatisfy({ 1...(1 << 30) ~= $0 }), sizes.count <= 8 else {
            throw .artefact("manifest.json", "\(key) is \(json[key]?.text ?? "absent")")
        }
        return sizes
    }
}

extension MethodError {
    /// The refusal of one file of a monitor folder.
    package static func artefact(_ file: String, _ problem: String, cause: (any Error)? = nil) -> MethodError {
        MethodError(
            .invalidArtefact,
            "\(file): \(problem)",
            remedy: "Fit the monitor again, or copy its folder again from where it was made",
            cause: cause
        )
    }
}
