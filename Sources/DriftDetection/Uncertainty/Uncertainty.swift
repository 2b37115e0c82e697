import Methods
import Statistics
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How unsure a model is of an answer.
enum Uncertainty: Sendable {
    /// The entropy of the probabilities, in nats; of logits after softmax.
    case entropy(fromLogits: Bool)
    /// 1 less the difference of the two largest probabilities.
    case margin(fromLogits: Bool)
    /// The standard deviation of the answers of several models, one a column; without Bessel's correction, as numpy has it.
    case spread

    /// One number for each answer, shape `[n, 1]`; NaN where the answer holds one.
    ///
    /// - Throws: `.shapeMismatch` below two values a row; `.invalidConfiguration` when probabilities are none.
    func ofAnswers(_ answers: Tensor<Float>, _ method: String) throws(MethodError) -> Tensor<Float> {
        let width = answers.elementsPerRow
        guard width >= 2 else {
            throw MethodError(
                .shapeMismatch,
                "\(method): an answer has \(width) value",
                remedy: "Give the probabilities of two classes or more, or the answers of several models as columns"
            )
        }
        let values = answers.elements.map(Double.init)
        var result: [Float] = []
        for row in 0..<answers.rows {
            let answer = Array(values[row * width..<(row + 1) * width])
            result.append(Float(answer.allSatisfy(\.isFinite) ? try of(answer, row, method) : .nan))
        }
        return Tensor(vector: result).withShape([result.count, 1])
    }

    private func of(_ answer: [Double], _ row: Int, _ method: String) throws(MethodError) -> Double {
        switch self {
        case .spread: return Moments(answer).populationVariance.squareRoot()
        case .entropy(let fromLogits):
            let p = fromLogits ? Self.softmax(answer) : try Self.checked(answer, row, method)
            return p.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
        case .margin(let fromLogits):
            let p = (fromLogits ? Self.softmax(answer) : try Self.checked(answer, row, method)).sorted(by: >)
            return 1 - (p[0] - p[1])
        }
    }

    private static func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0
        let powers = logits.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    private static func checked(_ p: [Double], _ row: Int, _ method: String) throws(MethodError) -> [Double] {
        guard p.allSatisfy({ $0 >= 0 }), abs(p.reduce(0, +) - 1) < 1e-2 else {
            throw MethodError(
                .invalidConfiguration,
                "\(method): the answer of row \(row) is \(p.prefix(4)), no probabilities",
                remedy:
                    "Use [preprocess] method = \"model-output\", or preds_type = \"logits\" where the model answers logits"
            )
        }
        return p
    }
}
