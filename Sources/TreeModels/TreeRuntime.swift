import FoundationEssentials
public import Prediction
import TOML

/// Opens model folders with a file of XGBoost, LightGBM or scikit-learn.
///
/// ```toml
/// format_version = 1
/// name = "credit"
/// version = "1"
/// kind = "xgboost"
/// file = "model.ubj"
/// rounds = "best"
/// ```
///
/// `file` and `rounds` may be left out; `docs/reference/tree-models.md` describes them. A folder without a `schema.toml`
/// gets one tensor `input` of all columns and one tensor `output`.
public struct TreeRuntime: ModelRuntime {
    private let file: TreeModelFile

    /// Opens models of XGBoost: `kind = "xgboost"`.
    public static let xgboost = TreeRuntime(file: .xgboost)
    /// Opens models of LightGBM: `kind = "lightgbm"`.
    public static let lightgbm = TreeRuntime(file: .lightgbm)
    /// Opens models of scikit-learn: `kind = "scikit-learn"`.
    public static let scikitLearn = TreeRuntime(file: .scikitLearn)
    /// All of them.
    public static let all: [any ModelRuntime] = [xgboost, lightgbm, scikitLearn]

    /// `xgboost`, `lightgbm` or `scikit-learn`.
    public var kind: String { file.rawValue }
    /// What the V2 protocol calls such a model, as KServe's and MLServer's servers do.
    public var platform: String {
        switch file {
        case .xgboost: "xgboost"
        case .lightgbm: "lightgbm"
        case .scikitLearn: "sklearn"
        }
    }

    /// Reads the model.
    ///
    /// - Returns: A ``TreeModel`` or a ``LinearModel``.
    /// - Throws: `.notFound`; `.invalidDescription` and `.invalidModel` by file and field.
    public func open(_ folder: ModelFolder) throws -> any Predictor {
        let settings = try Settings(reading: folder.modelFile(), of: file)
        let place = "\(folder.path)/\(settings.file)"
        let bytes = try read(settings.file, of: folder)
        do throws(PredictionError) {
            return try file.predictor(
                bytes,
                rounds: settings.rounds,
                name: folder.header.name,
                version: folder.header.version,
                schema: folder.optionalSchema()
            )
        } catch {
            guard error.code == .invalidModel else { throw error }
            var error = error
            error.message = "\(place): \(error.message)"
            throw error
        }
    }

    private func read(_ name: String, of folder: ModelFolder) throws(PredictionError) -> [UInt8] {
        let place = "\(folder.path)/\(name)"
        guard let size = folder.size(of: name) else {
            throw PredictionError(
                .notFound,
                "\(place) is not there",
                remedy:
                    "Put the model's file into the folder, and name it in \(ModelFolder.modelFileName): file = \"…\""
            )
        }
        guard size <= TreeModelFile.mostBytes, let data = FileManager.default.contents(atPath: place) else {
            throw PredictionError(
                .invalidModel,
                "\(place) has \(size) bytes, and cannot be read",
                remedy: "Give a readable file of at most \(TreeModelFile.mostBytes) bytes"
            )
        }
        return [UInt8](data)
    }
}

/// What `model.toml` says of these kinds alone.
private struct Settings {
    let file: String
    let rounds: BoostingRounds

    init(reading table: TableReader<PredictionError>, of kind: TreeModelFile) throws(PredictionError) {
        file = try table.text("file", default: kind.usualName)
        guard !file.isEmpty, !file.contains("/"), file != ".", file != ".." else {
            throw table.invalid("file", "is \(file)", remedy: "Give the name of a file in the model's own folder")
        }
        let rounds = try table.optional("rounds", "\"best\", \"all\" or a whole number from 1 up") { value in
            switch value.text {
            case "best": BoostingRounds.best
            case "all": BoostingRounds.all
            case .some: nil
            case nil:
                value.integer.flatMap { $0 >= 1 && $0 <= Int32.max ? BoostingRounds.first(Int($0)) : nil }
            }
        }
        self.rounds = rounds ?? .best
        guard rounds == nil || kind != .scikitLearn else {
            throw table.invalid("rounds", "is given", remedy: "Leave it out: the file holds the rounds in use")
        }
        try table.finish()
    }
}
