import LinearAlgebra
package import Tensors

/// The projections of each row onto the leading principal components of the `features` part.
///
/// Components must not be learned from the rows that windows are compared with: measured, a Kolmogorov–Smirnov test at
/// 5 % then cries in 66 % of clean windows.
package struct PrincipalComponents: Preprocessor {
    private let mean: [Float]
    private let components: Tensor<Float>  // [k, columns]

    /// Learns from rows, shape `[n, …]`, finite.
    ///
    /// - Parameter count: Components to keep, at most the number of columns and of rows less one.
    /// - Throws: `.tooFewRows` when there are fewer.
    /// - Complexity: O(*n d²* + *d³*) for *d* columns.
    package init(_ count: Int, fittedTo rows: Tensor<Float>) throws {
        let columns = rows.elementsPerRow
        guard count <= min(columns, rows.rows - 1) else {
            throw MethodError(
                .tooFewRows,
                "\(rows.rows) rows of \(columns) values do not have \(count) principal components",
                remedy: "Choose n_components at most \(min(columns, rows.rows - 1))"
            )
        }
        let mean = Elementwise.meanColumns(rows)
        let centred = try Tensor<Double>(
            shape: [rows.rows, columns],
            elements: rows.withUnsafeBufferPointer { values in
                values.enumerated().map { Double($0.element) - mean[$0.offset % columns] }
            }
        )
        let covariance = try BLAS.matmul(centred, centred, .transposed, .plain, alpha: 1 / Double(rows.rows - 1))
        let eigen = try SymmetricEigen(of: covariance)
        self.mean = mean.map { Float($0) }
        components = try eigen.vectors.rows(0..<count).converted(to: Float.self)
    }

    init(_ artefact: Artefact) throws(MethodError) {
        mean = try artefact.floats("preprocess_mean").elements
        components = try artefact.floats("preprocess_components")
        guard components.shape.count == 2, components.shape[1] == mean.count else {
            throw .artefact("preprocess_components.npy", "its shape is \(components.shape), for \(mean.count) columns")
        }
    }

    var contents: ArtefactContents {
        ArtefactContents(arrays: [
            "preprocess_mean": AnyTensor(Tensor(vector: mean)),
            "preprocess_components": AnyTensor(components),
        ])
    }

    package func features(of rows: Tensor<Float>) throws -> Tensor<Float> {
        let columns = rows.elementsPerRow
        guard columns == mean.count else { throw MethodError.width(columns, expected: mean.count, "pca") }
        let centred = rows.withUnsafeBufferPointer { source in
            Tensor<Float>(shape: [rows.rows, columns]) { target in
                for (index, value) in source.enumerated() {
                    target.initializeElement(at: index, to: value - mean[index % columns])
                }
            }
        }
        return try BLAS.matmul(centred, components, .plain, .transposed)
    }
}
