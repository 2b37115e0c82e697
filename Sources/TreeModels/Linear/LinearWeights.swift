import Prediction

/// The coefficients of a linear model: `margin[k] = intercept[k] + Σ x[i] · coefficient[i, k]`.
struct LinearWeights: Sendable {
    let inputs: Int
    let outputs: Int
    /// Shape `[inputs, outputs]`.
    let coefficients: [Double]
    /// Shape `[outputs]`.
    let intercepts: [Double]
    /// Whether sums are rounded to 32 bits after every term, as XGBoost does.
    let isSinglePrecision: Bool
    /// Whether a missing value adds nothing, as in XGBoost; otherwise the margins of its row are NaN.
    let skipsMissing: Bool

    /// - Throws: `.invalidModel` when numbers are missing or not finite.
    init(
        inputs: Int,
        outputs: Int,
        coefficients: [Double],
        intercepts: [Double],
        isSinglePrecision: Bool = false,
        skipsMissing: Bool = false
    ) throws(PredictionError) {
        let (size, overflow) = inputs.multipliedReportingOverflow(by: outputs)
        guard inputs >= 1, outputs >= 1, !overflow, coefficients.count == size, intercepts.count == outputs else {
            throw .invalidModel(
                "\(coefficients.count) coefficients and \(intercepts.count) intercepts for \(inputs) features and \(outputs) outputs"
            )
        }
        guard (coefficients + intercepts).allSatisfy(\.isFinite) else {
            throw .invalidModel("a coefficient or an intercept is not finite")
        }
        self.inputs = inputs
        self.outputs = outputs
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.isSinglePrecision = isSinglePrecision
        self.skipsMissing = skipsMissing
    }

    /// The margins of some rows.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, inputs]`.
    ///   - margins: Shape `[n, outputs]`; all are written.
    func margins(of rows: UnsafeBufferPointer<Float>, into margins: UnsafeMutableBufferPointer<Double>) {
        coefficients.withUnsafeBufferPointer { coefficients in
            for row in 0..<rows.count / inputs {
                let sums = UnsafeMutableBufferPointer(rebasing: margins[row * outputs..<(row + 1) * outputs])
                for output in 0..<outputs { sums.initializeElement(at: output, to: intercepts[output]) }
                for input in 0..<inputs {
                    let x = rows[row * inputs + input]
                    if skipsMissing, x.isNaN { continue }
                    let start = input * outputs
                    if isSinglePrecision {
                        for output in 0..<outputs {
                            sums[output] = Double(Float(sums[output]) + x * Float(coefficients[start + output]))
                        }
                    } else {
                        for output in 0..<outputs { sums[output] += Double(x) * coefficients[start + output] }
                    }
                }
            }
        }
    }

    /// `Σ over k of weight[k] · coefficient[i, k]` for each input of a row.
    func pullback(_ weights: UnsafeBufferPointer<Double>, into gradient: UnsafeMutableBufferPointer<Float>) {
        for input in 0..<inputs {
            var sum = 0.0
            for output in 0..<outputs { sum += weights[output] * coefficients[input * outputs + output] }
            gradient.initializeElement(at: input, to: Float(sum))
        }
    }
}
