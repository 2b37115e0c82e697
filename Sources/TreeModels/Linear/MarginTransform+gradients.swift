import Prediction

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension MarginTransform {
    /// Carries weights of a row's outputs back to its margins: `Σ over j of weight[j] · ∂ output[j] / ∂ margin[k]`.
    func pullback(at margins: [Double], _ weight: (Int) -> Double) -> [Double] {
        func each(_ slope: (Double) -> Double) -> [Double] {
            margins.indices.map { weight($0) * slope(margins[$0]) }
        }
        switch self {
        case .identity: return each { _ in 1 }
        case .logistic(let slope): return each { slope * Self.bell(slope * $0) }
        case .exponential: return each(exp)
        case .signedSquare: return each { 2 * $0.magnitude }
        case .softplus: return each { 1 / (1 + exp(-$0)) }
        case .binary(let slope): return [slope * Self.bell(slope * margins[0]) * (weight(1) - weight(0))]
        case .clamped: return [margins[0].magnitude < 1 ? (weight(1) - weight(0)) / 2 : 0]
        case .hinge: return [0]
        case .softmax:
            let p = probabilities(of: margins)
            let mean = p.indices.reduce(0) { $0 + p[$1] * weight($1) }
            return p.indices.map { p[$0] * (weight($0) - mean) }
        case .oneAgainstRest:
            let single = margins.map { 1 / (1 + exp(-$0)) }
            let sum = single.reduce(0, +)
            guard sum > 0 else { return margins.map { _ in 0 } }
            let mean = single.indices.reduce(0) { $0 + single[$1] / sum * weight($1) }
            return single.indices.map { single[$0] * (1 - single[$0]) / sum * (weight($0) - mean) }
        case .ascending:
            let order = margins.indices.sorted { margins[$0] < margins[$1] }
            var result = margins
            for (place, index) in order.enumerated() { result[index] = weight(place) }
            return result
        case .expectiles:
            // An output is the sum of the steps up to it, so that a step moves every output from its own on.
            var result = margins
            var above = 0.0
            for index in margins.indices.reversed() {
                above += weight(index)
                result[index] = index == 0 ? above : above / (1 + exp(-margins[index]))
            }
            return result
        }
    }

    /// The gradient of `−log output[label]` with respect to the margins.
    func lossGradient(label: Int, at margins: [Double]) -> [Double] {
        switch self {
        case .softmax:
            let p = probabilities(of: margins)
            return p.indices.map { p[$0] - ($0 == label ? 1 : 0) }
        case .binary(let slope):
            return [slope * (1 / (1 + exp(-slope * margins[0])) - (label == 1 ? 1 : 0))]
        default:
            let p = probabilities(of: margins)
            return pullback(at: margins) { $0 == label ? -1 / max(p[label], 1e-12) : 0 }
        }
    }

    private func probabilities(of margins: [Double]) -> [Double] {
        var margins = margins
        return [Float](unsafeUninitializedCapacity: outputs(ofMargins: margins.count)) { buffer, count in
            buffer.initialize(repeating: 0)
            margins.withUnsafeMutableBufferPointer { apply($0, into: buffer) }
            count = buffer.count
        }.map(Double.init)
    }

    /// The derivative of the logistic function.
    private static func bell(_ margin: Double) -> Double {
        let p = 1 / (1 + exp(-margin))
        return p * (1 - p)
    }
}
