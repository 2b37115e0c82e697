import Foundation
package import TOML
package import Tensors

/// A folder that alibi-detect 0.11 to 0.13 saved, read as data: its `config.toml` and its reference, and nothing that
/// would execute.
package struct AlibiDetectFolder: Sendable {
    /// The class that was saved: `KSDrift`.
    package let name: String
    /// What its configuration says, without what it says `"None"` of, which alibi-detect writes for what is absent.
    package let fields: [(key: String, value: TOMLValue)]
    /// The rows of `x_ref`.
    package let reference: Tensor<Float>
    /// The context of each row, of a detector that takes one.
    package let context: Tensor<Float>?
    /// What the reader should know.
    package let notes: [String]

    private static let longestConfiguration = 1 << 20

    /// Files whose loading executes what is in them, by their endings.
    private static let executing = ["dill", "pickle", "pkl", "joblib", "pt", "pth", "h5", "keras", "ckpt"]

    /// Reads a folder.
    ///
    /// - Throws: `CommandError` that names the file and the field: it is no such folder, its configuration cannot be
    ///   read, a field leads outside of it or to something that would execute.
    package init(reading path: String) throws {
        let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let file = folder.appendingPathComponent("config.toml")
        guard FileManager.default.fileExists(atPath: file.path) else { throw Self.noConfiguration(in: folder, path) }
        let bytes = try Self.explain(file.path) { try Data(contentsOf: file, options: .mappedIfSafe) }
        guard bytes.count <= Self.longestConfiguration, let text = String(bytes: bytes, encoding: .utf8) else {
            throw CommandError.badInput("\(file.path) is no text of at most 1 MB", remedy: "Give a saved detector")
        }
        let table: TOMLTable
        do { table = try TOMLTable(parsing: text) } catch {
            throw CommandError.badInput("\(file.path): \(error.message), \(error.position)", remedy: error.remedy)
        }
        guard let name = table["name"]?.text else {
            throw CommandError.badInput("\(file.path) has no name", remedy: "Give a folder that save_detector wrote")
        }
        self.name = name
        for entry in table.entries { try Self.requireData(entry.value, field: entry.key, of: name) }
        fields = table.entries.filter { $0.value.text != "None" }.map { ($0.key, $0.value) }

        let (reference, isRounded) = try Self.rows("x_ref", table, of: name, in: folder)
        self.reference = reference
        var notes: [String] = []
        if isRounded { notes.append("x_ref was rounded to single precision, as rows of traffic are") }
        let context = table["c_ref"] == nil ? nil : try Self.rows("c_ref", table, of: name, in: folder)
        self.context = context?.rows
        if context?.isRounded == true { notes.append("c_ref was rounded to single precision, as rows of traffic are") }
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("state").path) {
            notes.append("what the detector had seen, its state, stays behind: the test begins anew")
        }
        self.notes = notes
    }

    /// The rows of the array that a field names, and whether they had more digits than they have now.
    private static func rows(
        _ field: String,
        _ table: TOMLTable,
        of name: String,
        in folder: URL
    ) throws -> (rows: Tensor<Float>, isRounded: Bool) {
        guard let place = table[field]?.text else {
            throw CommandError.badInput("\(name): \(field) names no file", remedy: "Save the detector anew")
        }
        let file = folder.appendingPathComponent(place).resolvingSymlinksInPath()
        guard !place.hasPrefix("/"), file.path.hasPrefix(folder.path + "/") else {
            throw CommandError.badInput(
                "\(name): \(field) leads to \(place), outside of the folder",
                remedy: "Put the array beside config.toml"
            )
        }
        let array: AnyTensor
        do { array = try NPY.read(path: file.path) } catch {
            throw CommandError.badInput(
                "\(name): \(field) cannot be read as numbers, \(error)",
                remedy: "An array of objects holds a pickle, which executes: save \(field) as an array of numbers"
            )
        }
        guard let floats = try? array.converted(to: Float.self), floats.shape.count >= 1 else {
            throw CommandError.badInput("\(name): \(field) is no array of numbers", remedy: "Save it as one")
        }
        let rows = floats.shape.count == 1 ? floats.withShape([floats.count, 1]) : floats
        guard let exact = try? array.converted(to: Double.self) else { return (rows, false) }
        let isRounded = zip(exact.elements, rows.elements).contains { $0 == $0 && $0 != Double($1) }
        return (rows, isRounded)
    }

    /// Refuses a field that leads to a file that would execute.
    private static func requireData(_ value: TOMLValue, field: String, of name: String) throws {
        switch value.content {
        case .text(let text):
            let ending = (text as NSString).pathExtension.lowercased()
            guard executing.contains(ending) else { return }
            throw CommandError.badInput(
                "\(name): \(field) is \(text), a file whose loading executes what is in it",
                remedy: remedy(field)
            )
        case .array(let values):
            for value in values { try requireData(value, field: field, of: name) }
        case .table(let table):
            for entry in table.entries { try requireData(entry.value, field: "\(field).\(entry.key)", of: name) }
        default: return
        }
    }

    private static func remedy(_ field: String) -> String {
        switch field.split(separator: ".").first ?? "" {
        case "preprocess_fn":
            "Save the detector with x_ref preprocessed and without preprocess_fn, or fit anew with vedette fit and a [preprocess] step"
        case "kernel", "x_kernel", "c_kernel":
            "Save the detector with its sigma and the default kernel, or fit anew with vedette fit and a kernel key"
        case "model", "reg_loss_fn":
            "Fit anew with vedette fit, which trains a classifier of its own; a model of yours goes in as ONNX"
        default: "Fit anew with vedette fit"
        }
    }

    private static func noConfiguration(in folder: URL, _ path: String) -> CommandError {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        if let pickle = names.sorted().first(where: { executing.contains(($0 as NSString).pathExtension.lowercased()) })
        {
            return .badInput(
                "\(path) has no config.toml but \(pickle), a pickle whose loading executes what is in it",
                remedy:
                    "Load it with the alibi-detect that saved it, save drift detectors anew with 0.13, and fit outlier and adversarial detectors anew with vedette fit"
            )
        }
        return .unavailable("\(path) has no config.toml", remedy: "Give the folder that save_detector wrote")
    }

    private static func explain<Result>(_ path: String, _ read: () throws -> Result) throws -> Result {
        do { return try read() } catch {
            throw CommandError.unavailable("\(path) cannot be read", remedy: "Check that it is there and readable")
        }
    }
}
