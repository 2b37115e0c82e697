import CLayerKernels
import Statistics

/// Sets values to 0 at random while training and scales the rest so that their mean stays.
///
/// Source: N. Srivastava et al. (2014), "Dropout", Journal of Machine Learning Research 15, pp. 1929–1958.
final class Dropout: Operation {
    private let x: Variable
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

    var inputs: [Variable] { [x] }
    func scratchCount(rows: Int) -> Int { x.count(rows) }
    func place(scratch: UnsafeMutablePointer<Float>) { mask = scratch }

    func forward(_ pass: Pass) {
        let count = x.count(pass.rows)
        guard pass.isTraining else { return layer_scale(x.value, output.value, count, 1, 0) }
        drawMask(count, step: pass.step)
        layer_multiply(x.value, mask, output.value, count, 0)
    }

    func backward(_ pass: Pass) {
        let count = x.count(pass.rows)
        guard pass.isTraining else {
            return layer_scale(output.gradient, x.gradient, count, 1, x.accumulateFlag)
        }
        layer_multiply(output.gradient, mask, x.gradient, count, x.accumulateFlag)
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
