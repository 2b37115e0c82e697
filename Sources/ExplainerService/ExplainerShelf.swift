import Explanations
import FoundationEssentials
import JSON
import Logging
import MonitorHosting
import Prediction
import ServiceKit

/// The explainers of a process, by their own names and by the models that they explain.
///
/// Built once at start. An explainer that is refused is told with its error, and those beside it answer.
struct ExplainerShelf: Sendable {
    private var explainers: [String: HostedExplainer] = [:]
    private var refusals: [String: String] = [:]

    /// - Parameter directory: The folder of explainers; nil for none.
    init(directory: String?, models: ModelLookup, logger: Logger) throws {
        if let directory {
            let manager = FileManager.default
            guard let names = try? manager.contentsOfDirectory(atPath: directory) else {
                throw SettingsError(
                    .file,
                    key: ExplainerSettings.directory.name,
                    "explainers.directory is \(directory), which cannot be read",
                    remedy: "Give a folder that holds one folder for each explainer"
                )
            }
            for name in names.sorted() where manager.fileExists(atPath: "\(directory)/\(name)/explainer.toml") {
                add(name, logger) {
                    let folder = "\(directory)/\(name)"
                    let text = try String(contentsOfFile: "\(folder)/explainer.toml", encoding: .utf8)
                    return try HostedExplainer(name: name, text: text, folder: folder, models: models)
                }
            }
        }
        for model in models.namesOfFolders
        where explainers[model] == nil && refusals[model] == nil && (try? find(model: model)) == nil {
            add(model, logger) {
                try HostedExplainer(
                    name: model,
                    text: "name = \"IntegratedGradients\"",
                    folder: nil,
                    modelName: model,
                    models: models
                )
            }
        }
    }

    private mutating func add(_ name: String, _ logger: Logger, _ make: () throws -> HostedExplainer) {
        do {
            let explainer = try make()
            explainers[name] = explainer
            logger.notice(
                "explainer answers",
                metadata: ["explainer.name": "\(name)", "model.name": "\(explainer.model.name)"]
            )
        } catch {
            refusals[name] = "\(error)"
            logger.error("explainer refused", metadata: ["explainer.name": "\(name)", "error": "\(error)"])
        }
    }

    /// The explainer of a name.
    ///
    /// - Throws: ``ServiceError`` 404 that lists the names; for a refused one it tells why.
    func find(_ name: String) throws -> HostedExplainer {
        guard let explainer = explainers[name] else { throw unknown("explainer", name) }
        return explainer
    }

    /// The explainer of a model, as `models.toml` calls it or else as it calls itself; of several the first by name.
    ///
    /// - Throws: ``ServiceError`` 404.
    func find(model: String) throws -> HostedExplainer {
        let sorted = explainers.values.sorted { $0.name < $1.name }
        let found = sorted.first { $0.modelName == model } ?? sorted.first { $0.model.name == model }
        guard let explainer = found else { throw unknown("explainer of a model", model) }
        return explainer
    }

    /// The only explainer, for callers that can name none.
    ///
    /// - Throws: ``ServiceError`` 400 when there is none or several.
    func only() throws -> HostedExplainer {
        guard explainers.count == 1, let explainer = explainers.first?.value else {
            throw ServiceError(
                .badRequest,
                "there are \(explainers.count) explainers, and the request names none",
                remedy: "Add ?explainer=NAME with one of \(explainers.keys.sorted().joined(separator: ", "))"
            )
        }
        return explainer
    }

    /// All of them, refused ones with the reason.
    var json: JSONValue {
        var items: [String: JSONValue] = [:]
        for (name, explainer) in explainers {
            items[name] = [
                "name": .string(name), "state": "running", "method": .string(explainer.configuration.method),
                "model": .string(explainer.model.name), "version": .string(explainer.model.version),
                "config_hash": .string(explainer.configHash),
            ]
        }
        for (name, reason) in refusals {
            items[name] = ["name": .string(name), "state": "refused", "error": .string(reason)]
        }
        return ["items": .array(items.sorted { $0.key < $1.key }.map(\.value)), "next": .null]
    }

    private func unknown(_ what: String, _ name: String) -> ServiceError {
        if let reason = refusals[name] {
            return ServiceError(
                .notFound,
                "the \(what) \(name) was refused: \(reason)",
                remedy: "Repair it and start the explainer again"
            )
        }
        return ServiceError(
            .notFound,
            "there is no \(what) named \(name)",
            remedy: "There are \(explainers.keys.sorted().joined(separator: ", "))"
        )
    }
}
