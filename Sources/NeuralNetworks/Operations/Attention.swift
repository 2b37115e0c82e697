import CLayerKernels
import LinearAlgebra

/// Scaled dot-product attention of a sequence to itself, head by head: `softmax(Q · Kᵀ / √size) · V`.
///
/// Source: A. Vaswani et al. (2017), "Attention is all you need", arXiv:1706.03762, section 3.2.
final class Attention: Operation {
    let x: Variable
    let output: Variable
    let heads: Int
    let isCausal: Bool
    let time: Int
    let headSize: Int
    private var scratch = Arena.nothing

    /// - Parameters:
    ///   - x: Queries, keys and values side by side, `[time, 3 · heads · size]`, as PyTorch has them.
    ///   - isCausal: Whether a time sees itself and earlier ones only.
    init(_ x: Variable, heads: Int, isCausal: Bool, in graph: Graph) {
        self.x = x
        self.heads = heads
        self.isCausal = isCausal
        time = x.shape[0]
        headSize = x.shape[1] / (3 * heads)
        output = graph.output(shape: [time, heads * headSize], of: [x])
    }

    var inputs: [Variable] { [x] }
    var width: Int { heads * headSize }
    var scale: Float { 1 / Float(headSize).squareRoot() }

    /// The weights of attention of every row and head, and two matrices of working memory for each part.
    func scratchCount(rows: Int) -> Int { (rows * heads + 2 * Pass.mostParts) * time * time }
    func place(scratch: UnsafeMutablePointer<Float>) { self.scratch = scratch }

    private func square(_ index: Int) -> StridedMatrix {
        StridedMatrix(scratch + index * time * time, rows: time, columns: time, stride: time)
    }

    private func weights(_ row: Int, _ head: Int) -> StridedMatrix { square(2 * Pass.mostParts + row * heads + head) }

    /// The queries (0), keys (1) or values (2) of one head, in `x` or in its gradient.
    private func slice(_ memory: UnsafeMutablePointer<Float>, _ row: Int, _ head: Int, _ which: Int) -> StridedMatrix {
        let first = memory + row * x.size + which * width + head * headSize
        return StridedMatrix(first, rows: time, columns: headSize, stride: 3 * width)
    }

    private func result(_ memory: UnsafeMutablePointer<Float>, _ row: Int, _ head: Int) -> StridedMatrix {
        StridedMatrix(
            memory + row * output.size + head * headSize,
            rows: time,
            columns: headSize,
            stride: width
        )
    }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: 2 * pass.rows * time * time * width) }

    func forward(_ pass: Pass) {
        pass.perform(parts: parts(pass)) { _, rows in
            for row in rows {
                for head in 0..<heads {
                    let weights = weights(row, head)
                    let (query, key) = (slice(x.value, row, head, 0), slice(x.value, row, head, 1))
                    weights.set(query, times: key.transposed, factor: scale, accumulate: false)
                    normalise(weights)
                    result(output.value, row, head)
                        .set(weights, times: slice(x.value, row, head, 2), accumulate: false)
                }
            }
        }
    }

    private func normalise(_ weights: StridedMatrix) {
        guard isCausal else {
            return Elementwise.softmaxRows(weights.base, into: weights.base, rows: time, columns: time)
        }
        for position in 0..<time {
            let line = weights.base + position * time
            Elementwise.softmaxRows(line, into: line, rows: 1, columns: position + 1)
            (line + position + 1).update(repeating: 0, count: time - position - 1)
        }
    }

    func backward(_ pass: Pass) {
        pass.perform(parts: parts(pass)) { part, rows in
            for row in rows {
                for head in 0..<heads { backward(row, head, part) }
            }
        }
    }

    private func backward(_ row: Int, _ head: Int, _ part: Int) {
        let weights = weights(row, head)
        let (weightGradient, slopes) = (square(2 * part), square(2 * part + 1))
        let dy = result(output.gradient, row, head)
        slice(x.gradient, row, head, 2).set(weights.transposed, times: dy, accumulate: x.accumulates)
        weightGradient.set(dy, times: slice(x.value, row, head, 2).transposed, accumulate: false)
        // Masked weights are 0, and so are their slopes.
        layer_softmax_backward(weights.base, weightGradient.base, slopes.base, time, time, 0)
        let (query, key) = (slice(x.value, row, head, 0), slice(x.value, row, head, 1))
        slice(x.gradient, row, head, 0).set(slopes, times: key, factor: scale, accumulate: x.accumulates)
        slice(x.gradient, row, head, 1).set(slopes.transposed, times: query, factor: scale, accumulate: x.accumulates)
    }
}
