import Prediction

/// What a file of another library holds, before it has a name and a schema.
struct ForeignModel {
    /// Trees, or a linear function.
    enum Body {
        case trees(TreeEnsemble)
        case linear(LinearWeights)
    }

    let body: Body
    let transform: MarginTransform

    /// The number of values in a row.
    var inputs: Int {
        switch body {
        case .trees(let ensemble): ensemble.inputs
        case .linear(let weights): weights.inputs
        }
    }

    /// The number of outputs.
    var outputs: Int {
        switch body {
        case .trees(let ensemble): transform.outputs(ofMargins: ensemble.outputs)
        case .linear(let weights): transform.outputs(ofMargins: weights.outputs)
        }
    }

    /// The schema of a model that brings none: one tensor `input` of all columns, one tensor `output`.
    var usualSchema: ModelSchema {
        ModelSchema(
            inputs: [ColumnDescription(name: "input", shape: [inputs])],
            outputs: [
                ColumnDescription(
                    name: "output",
                    shape: [outputs],
                    classes: transform.givesClassProbabilities ? (0..<outputs).map(String.init) : []
                )
            ]
        )
    }

    /// The model under a name.
    ///
    /// - Throws: `.invalidModel` when the description does not fit.
    func predictor(_ description: ModelDescription) throws(PredictionError) -> any Predictor {
        switch body {
        case .trees(let ensemble): try TreeModel(description, ensemble: ensemble, transform: transform)
        case .linear(let weights): try LinearModel(description, weights: weights, transform: transform)
        }
    }
}
