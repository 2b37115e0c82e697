import CLayerKernels
import Statistics

/// Sets values to 0 at random while training and scales the rest so that their mean stays.
///
/// Source: N. Srivastava et al. (2014), "Dropout", Journal of Machine Learning Research 15, pp. 1929–1958.
final class Dropout: LinearOperation {
    let x: Variable
    let output: Variable
    private let rate: Float
    private let root: SeededGenerator
    /// 0 or `1 / (1 − rate)` for each value.
    private var mask = Arena.nothing

    init(_ x: Variable, rate: Float, in graph: Graph) {
        self.x = x
        self.rate = rate
        root = SeededGenerator(seed: graph.seed).split(stream: UInt64(graph.operations.count))
        output = graph.output(shape: x.shape, of: [x])
    }

    func scratchCount(rows: Int) -> Int { x.count(rows) }
    func place(scratch: UnsafeMutablePointer<Float>) { mask = scratch }

    func forward(_ pass: Pass) {
        if pass.isTraining { drawMask(x.count(pass.rows), step: pass.step) }
        apply(x.value, into: output.value, pass)
    }

    func apply(_ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ pass: Pass) {
        scale(x, into: y, accumulate: false, pass)
    }

    func applyTransposed(
        _ y: UnsafeMutablePointer<Float>,
        into x: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    ) {
        scale(y, into: x, accumulate: accumulate, pass)
    }

    /// Multiplies by the mask: a diagonal matrix, and its own transpose.
    private func scale(
        _ source: UnsafeMutablePointer<Float>,
        into target: UnsafeMutablePointer<Float>,
        accumulate: Bool,
        _ pass: Pass
    ) {
        let count = x.count(pass.rows)
        if pass.isTraining {
            layer_multiply(source, mask, target, count, accumulate ? 1 : 0)
        } else {
            layer_scale(source, target, count, 1, accumulate ? 1 : 0)
        }
    }

    /// Two values from each draw: 32 bits are far finer than any rate.
    ///
    /// Each step has a stream of its own, so a training that was resumed draws what it would have drawn.
    private func drawMask(_ count: Int, step: Int) {
        var generator = root.split(stream: UInt64(step))
        let kept = 1 / (1 - rate)
        let limit = UInt64(Double(rate) * 0x1p32)
        var word: UInt64 = 0
        for index in 0..<count {
            word = index & 1 == 0 ? generator.next() : word >> 32
            mask[index] = word & 0xFFFF_FFFF < limit ? 0 : kept
        }
    }
}
