#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What turns the margins of a row, a linear or additive model's sums, into the outputs that people read.
///
/// Every case but ``ascending`` and ``expectiles`` is increasing in each margin of its own.
public enum MarginTransform: Sendable, Hashable {
    /// The margins are the outputs.
    case identity
    /// `1 / (1 + exp(−slope · m))` of each margin by itself: probabilities of events that do not exclude each other.
    case logistic(slope: Double)
    /// One margin becomes two probabilities `[1 − p, p]`, `p = 1 / (1 + exp(−slope · m))`.
    case binary(slope: Double)
    /// As `logistic`, then divided by the row's sum: scikit-learn's one class against the rest.
    case oneAgainstRest
    /// `exp(m_k) / Σ exp(m_j)`.
    case softmax
    /// `exp(m)`, of models of counts, rates and times.
    case exponential
    /// `m · |m|`, of LightGBM's regression on the root of the target.
    case signedSquare
    /// `log(1 + exp(m))`.
    case softplus
    /// One margin becomes `[0, 1]` where it is above 0 and `[1, 0]` elsewhere.
    case hinge
    /// One margin becomes `[1 − p, p]` with `p = (clamp(m, −1, 1) + 1) / 2`: scikit-learn's modified Huber loss.
    case clamped
    /// The margins of a row in ascending order: quantiles that must not cross.
    case ascending
    /// The first margin, and each further one as a step up of `softplus(m) + 10⁻⁶` from the one before.
    case expectiles

    /// How many outputs a row of margins becomes.
    public func outputs(ofMargins count: Int) -> Int {
        switch self {
        case .binary, .hinge, .clamped: count * 2
        default: count
        }
    }

    /// Whether a transform of this number of margins is defined.
    package func takes(margins count: Int) -> Bool {
        switch self {
        case .binary, .hinge, .clamped: count == 1
        case .softmax, .oneAgainstRest: count >= 2
        default: count >= 1
        }
    }

    /// Whether the outputs are the probabilities of classes of which a row belongs to one.
    public var givesClassProbabilities: Bool {
        switch self {
        case .binary, .softmax, .oneAgainstRest, .hinge, .clamped: true
        default: false
        }
    }

    /// Transforms the margins of one row.
    ///
    /// - Parameters:
    ///   - margins: The row's margins; left changed.
    ///   - outputs: As many values as ``outputs(ofMargins:)`` says; all are written.
    public func apply(_ margins: UnsafeMutableBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .identity: break
        case .logistic(let slope): margins.update { Self.logistic(slope * $0) }
        case .exponential: margins.update(exp)
        case .signedSquare: margins.update { $0 * $0.magnitude }
        case .softplus: margins.update(Self.softplus)
        case .binary(let slope): return Self.write(Self.logistic(slope * margins[0]), to: outputs)
        case .hinge: return Self.write(margins[0] > 0 ? 1 : 0, to: outputs)
        case .clamped: return Self.write((min(max(margins[0], -1), 1) + 1) / 2, to: outputs)
        case .softmax:
            let largest = margins.max() ?? 0
            margins.update { exp($0 - largest) }
            margins.divideBySum()
        case .oneAgainstRest:
            margins.update(Self.logistic)
            margins.divideBySum()
        case .ascending:
            var margins = margins  // the buffer is a let, and sorting is said to change it
            margins.sort()
        case .expectiles:
            for index in margins.indices.dropFirst() {
                margins[index] = margins[index - 1] + 1e-6 + Self.softplus(margins[index])
            }
        }
        for index in margins.indices { outputs[index] = Float(margins[index]) }
    }

    private static func write(_ probability: Double, to outputs: UnsafeMutableBufferPointer<Float>) {
        outputs[0] = Float(1 - probability)
        outputs[1] = Float(probability)
    }

    private static func logistic(_ margin: Double) -> Double { 1 / (1 + exp(-margin)) }

    /// Without overflow for large margins.
    private static func softplus(_ margin: Double) -> Double {
        max(margin, 0) + log1p(exp(-margin.magnitude))
    }
}

extension UnsafeMutableBufferPointer<Double> {
    @inline(__always)
    fileprivate func update(_ transform: (Double) -> Double) {
        for index in indices { self[index] = transform(self[index]) }
    }

    /// All zeros stay zeros.
    fileprivate func divideBySum() {
        let sum = reduce(0, +)
        if sum > 0 { update { $0 / sum } }
    }
}
