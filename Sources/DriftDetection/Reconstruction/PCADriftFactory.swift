import JSON
import LinearAlgebra
package import Methods
package import Prediction
import Tensors

/// Fits and restores `PCADrift`.
package struct PCADriftFactory: MethodFactory {
    package let name = "PCADrift"
    package let parts: Set<SplitPart> = [.features, .calibration]
    package let requiresModel = false

    package let parameters: [Parameter] =
        PermutationTest.parameters() + PermutationScheme.parameters + [
            Parameter(
                "n_components",
                .number(0.01...4_096),
                default: 0.65,
                "Below 1 the share of variance that the components explain, else their number."
            )
        ]

    /// Creates the factory.
    package init() {}

    package func fit(_ material: FittingMaterial) throws -> ArtefactContents {
        let features = try material.rows(of: .features, atLeast: 3)
        let calibration = try material.rows(of: .calibration, atLeast: 2)
        let flat = features.withShape([features.rows, features.elementsPerRow])
        for part in [flat, calibration] { try part.requireFinite("PCADrift") }
        let scaling = Scaling(fittedTo: flat)
        let scaled = try scaling.scaled(flat).converted(to: Double.self)
        let covariance = try BLAS.matmul(scaled, scaled, .transposed, .plain, alpha: 1 / Double(flat.rows - 1))
        let eigen = try SymmetricEigen(of: covariance)
        let count = try Self.count(material.configuration.parameters.number("n_components"), eigen.values, flat)
        let components = try eigen.vectors.rows(0..<count).converted(to: Float.self)
        let errors = try PCADrift.errors(calibration, scaling, components)
        return ArtefactContents(arrays: [
            "components": AnyTensor(components), "offset": AnyTensor(Tensor(vector: scaling.offset)),
            "scale": AnyTensor(Tensor(vector: scaling.scale)),
            "calibration_errors": AnyTensor(try Tensor(shape: [errors.count], elements: errors)),
        ])
    }

    private static func count(_ wanted: Double, _ values: [Double], _ rows: Tensor<Float>) throws(MethodError) -> Int {
        let columns = rows.elementsPerRow
        guard columns > 1 else {
            throw MethodError(
                .shapeMismatch,
                "PCADrift: rows have \(columns) value",
                remedy: "Give rows of several columns; KSDrift compares single ones"
            )
        }
        if wanted < 1 {
            let total = values.reduce(0) { $0 + max(0, $1) }
            var sum = 0.0
            for (index, value) in values.enumerated() {
                sum += max(0, value)
                if sum >= wanted * total { return min(index + 1, columns - 1) }
            }
            return columns - 1
        }
        guard wanted <= Double(columns - 1) else {
            throw MethodError(
                .invalidConfiguration,
                "n_components is \(wanted), and rows have \(columns) values",
                remedy: "Keep at most \(columns - 1), or nothing is left to reconstruct"
            )
        }
        return Int(wanted)
    }

    package func load(_ artefact: Artefact, model: (any Predictor)?) throws -> FittedMethod {
        let components = try artefact.floats("components")
        let errors = try artefact.doubles("calibration_errors").elements
        guard components.shape.count == 2, errors.count >= 2, errors.allSatisfy(\.isFinite) else {
            throw MethodError.artefact(
                "components.npy",
                "its shape is \(components.shape), with \(errors.count) calibration errors"
            )
        }
        let scaling = try Scaling(
            offset: artefact.floats("offset").elements,
            scale: artefact.floats("scale").elements,
            rowSize: components.elementsPerRow
        )
        return .window(
            try PCADrift(
                scaling: scaling,
                components: components,
                calibration: errors,
                parameters: artefact.configuration.parameters
            )
        )
    }
}
