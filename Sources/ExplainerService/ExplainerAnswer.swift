import Explanations
import JSON
import Prediction
import ServiceKit
import Tensors

/// What an explainer answers: alibi's frame `{"meta", "data"}`, its lists with one entry a row.
struct ExplainerAnswer: Sendable {
    let explainer: HostedExplainer
    /// The rows that were explained, shape `[n, …]`.
    let instances: Tensor<Float>
    let explanations: [Explanation]

    /// The answer.
    ///
    /// - Parameter pictures: Whether each row's attribution is drawn, as SVG text.
    func json(pictures: Bool) throws -> JSONValue {
        let rows = explanations.map(\.data)
        func column(_ name: String) -> JSONValue { .array(rows.map { $0[name] ?? .null }) }
        var data: JSONObject = [
            // One list for each input tensor in alibi; the inputs stand beside each other here, so there is one.
            "attributions": .array([column("attributions")]),
            "baselines": .array([column("baselines")]),
            "predictions": column("predictions"),
            "target": column("target"),
            "deltas": column("deltas"),
        ]
        if pictures { data["pictures"] = .array(try (0..<explanations.count).map { .string(try picture(of: $0)) }) }
        return ["meta": meta, "data": .object(data)]
    }

    private var meta: JSONValue {
        let configuration = explainer.configuration
        return [
            "name": .string(configuration.method), "type": ["whitebox"], "explanations": ["local"],
            "params": [
                "method": "gausslegendre", "n_steps": .integer(Int64(configuration.steps)),
                "internal_batch_size": .integer(Int64(configuration.batchSize)),
            ],
            "version": .string(Version.current), "explainer": .string(explainer.name),
            "config_hash": .string(explainer.configHash), "model": .string(explainer.model.name),
            "model_version": .string(explainer.model.version),
            "namespace": .string(configuration.model?.namespace ?? "default"),
        ]
    }

    private func picture(of row: Int) throws -> String {
        let explanation = explanations[row]
        let classes = explainer.model.classes
        let target =
            classes.indices.contains(explanation.target) ? classes[explanation.target] : "\(explanation.target)"
        return try AttributionPicture(image: instances[row: row], attributions: explanation.attributions)
            .svg(title: "What spoke for \(target) in red, against it in blue")
    }
}
