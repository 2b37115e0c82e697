import Prediction
import Testing

@Suite struct `Margin transform` {
    private func outputs(_ transform: MarginTransform, _ margins: [Double]) -> [Float] {
        var margins = margins
        var outputs = [Float](repeating: .nan, count: transform.outputs(ofMargins: margins.count))
        margins.withUnsafeMutableBufferPointer { margins in
            outputs.withUnsafeMutableBufferPointer { transform.apply(margins, into: $0) }
        }
        return outputs
    }

    @Test(
        arguments: [
            (.identity, [-2, 3], [-2, 3]),
            (.logistic(slope: 2), [0, 400, -400], [0.5, 1, 0]),
            (.binary(slope: 1), [0], [0.5, 0.5]),
            (.softmax, [1000, 1000], [0.5, 0.5]),
            (.oneAgainstRest, [0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]),
            (.exponential, [0, 1], [1, 2.7182817]),
            (.signedSquare, [-3, 2], [-9, 4]),
            (.softplus, [0, 800, -800], [0.6931472, 800, 0]),
            (.hinge, [0.1], [0, 1]),
            (.hinge, [0], [1, 0]),
            (.clamped, [-7], [1, 0]),
            (.clamped, [0.5], [0.25, 0.75]),
            (.ascending, [3, 1, 2], [1, 2, 3]),
        ] as [(MarginTransform, [Double], [Float])]
    )
    func `has the values of its closed form`(transform: MarginTransform, margins: [Double], expected: [Float]) {
        #expect(outputs(transform, margins) == expected)
    }

    @Test func `expectiles step upwards`() {
        let steps = outputs(.expectiles, [1, 0, -100])
        #expect(steps[0] == 1)
        #expect(abs(steps[1] - 1.693148) < 2e-6)  // 1 + log 2 + 1e-6, by hand
        #expect(steps[2] > steps[1])
    }

    @Test func `probabilities sum to one for extreme margins`() {
        for transform: MarginTransform in [.softmax, .oneAgainstRest] {
            let sum = outputs(transform, [-700, 0, 700]).reduce(0, +)
            #expect(abs(sum - 1) < 1e-6)
        }
        #expect(outputs(.binary(slope: 1), [-1000]) == [1, 0])
    }
}
