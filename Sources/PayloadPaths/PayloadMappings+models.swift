package import OpenInference
package import Prediction

/// The JSON paths of `models.toml`, the one place that has them, as whoever decodes payloads needs them.
extension PayloadMappings {
    /// The mappings of a map of models; tensors are in the order of their names.
    ///
    /// - Throws: `PredictionError` naming the model and the path that cannot be read.
    package init(_ map: ModelMap) throws(PredictionError) {
        var mappings: [String: PayloadMapping] = [:]
        for (name, entry) in map.models { mappings[name] = try PayloadMapping(entry, of: name) }
        self.init(models: mappings)
    }
}

extension PayloadMapping {
    /// What the entry of a model says of its bodies; nil where they follow a dialect.
    ///
    /// - Throws: `PredictionError` naming the model and the path that cannot be read.
    package init?(_ entry: ModelMap.Entry, of model: String) throws(PredictionError) {
        guard !entry.requestPaths.isEmpty || !entry.responsePaths.isEmpty else { return nil }
        func entries(_ paths: [String: String], _ half: String) throws(PredictionError) -> [Entry] {
            var entries: [Entry] = []
            for (name, path) in paths.sorted(by: { $0.key < $1.key }) {
                do throws(OpenInferenceError) {
                    entries.append(Entry(name: name, path: try JSONPath(path)))
                } catch {
                    throw PredictionError(
                        .invalidDescription,
                        "models.toml: [\(model).\(half)], \(name): \(error.message)",
                        remedy: error.remedy,
                        cause: error
                    )
                }
            }
            return entries
        }
        self.init(
            request: try entries(entry.requestPaths, "request"),
            response: try entries(entry.responsePaths, "response")
        )
    }
}
