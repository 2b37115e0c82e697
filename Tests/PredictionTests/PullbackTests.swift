import Prediction
import Tensors
import Testing

/// Two outputs, `x + 2y` and `x · y`, whose gradients are known.
private struct Formula: DifferentiablePredictor {
    let model = ModelDescription(name: "formula", version: "1", inputs: [], outputs: [])

    func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
        try Tensor(
            shape: [batch.rows, 2],
            elements: (0..<batch.rows).flatMap { row in
                let (x, y) = (batch[2 * row], batch[2 * row + 1])
                return [x + 2 * y, x * y]
            }
        )
    }

    func gradient(ofOutput classes: [Int], at batch: Tensor<Float>) throws -> Tensor<Float> {
        try Tensor(
            shape: batch.shape,
            elements: classes.indices.flatMap { row in
                classes[row] == 0 ? [1, 2] : [batch[2 * row + 1], batch[2 * row]]
            }
        )
    }

    func lossGradient(labels: [Int], at batch: Tensor<Float>) throws -> Tensor<Float> {
        try gradient(ofOutput: labels, at: batch)
    }
}

@Suite struct `The pullback that every differentiable predictor has` {
    @Test func `is the weighted sum of the gradients of all outputs`() throws {
        let batch = try Tensor<Float>(shape: [2, 2], elements: [3, 5, -1, 4])
        let weights = try Tensor<Float>(shape: [2, 2], elements: [1, 10, 0.5, 0])
        // Row 1: 1 · (1, 2) + 10 · (5, 3); row 2: 0.5 · (1, 2).
        #expect(try Formula().pullback(weights, at: batch).elements == [51, 32, 0.5, 1])
    }

    @Test func `refuses another number of rows`() throws {
        let batch = Tensor<Float>(shape: [2, 2], repeating: 1)
        let error = try #require(throws: PredictionError.self) {
            _ = try Formula().pullback(Tensor(shape: [3, 2], repeating: 1), at: batch)
        }
        #expect(error.code == .shapeMismatch)
    }
}
