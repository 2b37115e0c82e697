import Prediction

/// What the protocols ask of a model beside its answers.
extension ServedModel {
    /// What it takes and gives.
    ///
    /// - Parameter versions: The versions that are served beside it, its own among them.
    package func metadata(versions: [String]) -> ModelMetadata {
        let tensors = { (wires: [ModelRows.Wire]) in
            wires.map { ModelMetadata.Tensor(name: $0.name, datatype: $0.datatype, rowShape: $0.rowShape) }
        }
        return ModelMetadata(
            name: name,
            versions: versions,
            platform: platform,
            inputs: tensors(rows.inputs),
            outputs: tensors(rows.outputs)
        )
    }

    /// The names of its classes, one for each element of its one output.
    ///
    /// - Throws: 400 for a model that is no classifier.
    func classes() throws -> [String] {
        guard rows.outputs.count == 1, let output = rows.outputs.first, output.width > 1 else {
            throw InferenceFailure.badInput("\(name) is no classifier", remedy: "Ask it by :predict, or by :regress")
        }
        return output.labels
    }

    /// - Throws: 400 for a model that gives anything but one value a row.
    func requireOneValue() throws {
        guard rows.outputs.count == 1, rows.outputs[0].width == 1 else {
            throw InferenceFailure.badInput(
                "\(name) gives more than one value a row",
                remedy: "Ask it by :predict, or by :classify"
            )
        }
    }
}
