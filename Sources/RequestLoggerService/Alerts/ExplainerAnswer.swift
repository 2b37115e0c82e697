import CloudEvents
import JSON
import OpenInference
import Tensors

/// Reads what an explainer answers, alibi's frame with one entry a row, into the data of explanation events.
enum ExplainerAnswer {
    /// Why an answer could not be used.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The explanation of each row that was asked about.
    ///
    /// - Parameters:
    ///   - answer: `{"meta": {…}, "data": {"attributions": [[row, …]], "predictions": [row, …], "target": […], "deltas": […]}}`.
    ///   - inputs: The tensors that were sent; the attributions of several stand beside each other.
    ///   - rows: The places of the rows in the recorded request.
    ///   - requestID: The recorded request.
    ///   - alertID: The alert that asked; nil for a person.
    /// - Throws: `Unreadable`, which names what is missing.
    static func explanations(
        in answer: [UInt8],
        inputs: [NamedTensor],
        rows: Range<Int>,
        requestID: String,
        alertID: String?
    ) throws -> [(row: Int, data: ExplanationData)] {
        let tree = try JSONValue(parsing: answer)
        guard let meta = tree["meta"], let data = tree["data"], let method = meta["name"]?.string,
            let attributions = data["attributions"]?[0]?.array, attributions.count == rows.count
        else { throw Unreadable(description: "the answer has no attributions for \(rows.count) rows") }
        return try rows.enumerated().map { index, row in
            guard let target = data["target"]?[index]?.int,
                let predictions = data["predictions"]?[index]?.array?.compactMap(\.double)
            else { throw Unreadable(description: "the answer has no target or no predictions for row \(row)") }
            return (
                row,
                ExplanationData(
                    explainer: meta["explainer"]?.string ?? method,
                    method: method,
                    parameters: meta["params"]?.object ?? [:],
                    configHash: meta["config_hash"]?.string ?? "",
                    namespace: meta["namespace"]?.string ?? "default",
                    model: meta["model"]?.string ?? "",
                    modelVersion: meta["model_version"]?.string,
                    version: meta["version"]?.string ?? "",
                    requestID: requestID,
                    row: row,
                    target: target,
                    predictions: predictions,
                    attributions: try tensors(of: flattened(attributions[index]), inputs: inputs),
                    delta: data["deltas"]?[index]?.double,
                    alertID: alertID
                )
            )
        }
    }

    /// Divides a row's attributions among the tensors that the row came in.
    private static func tensors(of values: [Double], inputs: [NamedTensor]) throws -> [Attribution] {
        let shapes = inputs.map { Array($0.tensor.shape.dropFirst()) }
        let sizes = shapes.map { $0.reduce(1, *) }
        guard sizes.reduce(0, +) == values.count else {
            throw Unreadable(
                description: "a row has \(sizes.reduce(0, +)) values, and \(values.count) attributions came"
            )
        }
        var start = 0
        return inputs.indices.map { index in
            defer { start += sizes[index] }
            return Attribution(
                name: inputs[index].name,
                shape: shapes[index],
                values: Array(values[start..<start + sizes[index]])
            )
        }
    }

    private static func flattened(_ value: JSONValue) -> [Double] {
        if let elements = value.array { return elements.flatMap(flattened) }
        return [value.double ?? .nan]
    }
}
