import LinearAlgebra
import Statistics
package import Tensors

/// Each column less its mean, divided by its standard deviation, both learned from the `features` part.
package struct Standardiser: Preprocessor {
    private let mean: [Float]
    private let scale: [Float]

    /// Learns from rows, shape `[n, …]`, finite, `n ≥ 2`; a constant column keeps its unit.
    package init(fittedTo rows: Tensor<Float>) {
        let columns = rows.elementsPerRow
        var moments = [Moments](repeating: Moments(), count: columns)
        rows.withUnsafeBufferPointer { values in
            for (index, value) in values.enumerated() { moments[index % columns].add(Double(value)) }
        }
        mean = moments.map { Float($0.mean) }
        scale = moments.map { $0.standardDeviation > 0 ? Float(1 / $0.standardDeviation) : 1 }
    }

    init(_ artefact: Artefact) throws(MethodError) {
        mean = try artefact.floats("preprocess_mean").elements
        scale = try artefact.floats("preprocess_scale").elements
        guard mean.count == scale.count else {
            throw .artefact("preprocess_scale.npy", "it has not one value a column")
        }
    }

    var contents: ArtefactContents {
        ArtefactContents(arrays: [
            "preprocess_mean": AnyTensor(Tensor(vector: mean)),
            "preprocess_scale": AnyTensor(Tensor(vector: scale)),
        ])
    }

    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        let columns = rows.elementsPerRow
        guard columns == mean.count else { throw MethodError.width(columns, expected: mean.count, "standardise") }
        return rows.withUnsafeBufferPointer { source in
            Tensor(shape: [rows.rows, columns]) { target in
                for (index, value) in source.enumerated() {
                    let column = index % columns
                    target.initializeElement(at: index, to: (value - mean[column]) * scale[column])
                }
            }
        }
    }
}

extension MethodError {
    /// Rows have another number of values than those that a step was fitted on.
    package static func width(_ found: Int, expected: Int, _ step: String) -> MethodError {
        MethodError(
            .shapeMismatch,
            "\(step): rows have \(found) values, it was fitted on rows of \(expected)",
            remedy: "Give rows of the form that the monitor was fitted on, or fit it again"
        )
    }
}
