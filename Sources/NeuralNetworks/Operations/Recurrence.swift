import CLayerKernels

/// A recurrent layer over sequences `[time, features]`, in one direction: long short-term memory or a gated recurrent
/// unit, from a state of zeros.
///
/// All times' products with the input's weight are one matrix product, and so are those of the weights' gradients; only
/// the product with the state is taken time by time. Inside, sequences lie time by time (`[time, rows, …]`) in the order
/// in which they are read, so that every product runs over memory without gaps; reading backwards is then nothing but
/// another order of copying.
///
/// Source: S. Hochreiter and J. Schmidhuber (1997), "Long short-term memory", Neural Computation 9, pp. 1735–1780, with
/// the forget gate of F. Gers et al. (2000); K. Cho et al. (2014), arXiv:1406.1078, with the reset gate after the product
/// with the state, as PyTorch and cuDNN compute it. Gates are in PyTorch's order.
final class Recurrence: Operation {
    /// The weights, each with its gates side by side.
    struct Weights {
        /// `[features, gates · units]`.
        let input: Variable
        /// `[units, gates · units]`.
        let recurrent: Variable
        /// `[gates · units]`.
        let bias: Variable
        /// `[gates · units]`; only a gated recurrent unit has one, since its reset gate scales it.
        let recurrentBias: Variable?

        let all: [Variable]

        init(input: Variable, recurrent: Variable, bias: Variable, recurrentBias: Variable?) {
            self.input = input
            self.recurrent = recurrent
            self.bias = bias
            self.recurrentBias = recurrentBias
            all = [input, recurrent, bias] + (recurrentBias.map { [$0] } ?? [])
        }
    }

    let x: Variable
    let weights: Weights
    let output: Variable
    let isReversed: Bool
    let returnsSequence: Bool
    let time: Int
    private let features: Int
    let units: Int
    /// All gates of a unit side by side: 4 or 3 times `units`.
    let gateWidth: Int
    /// Room for the second part's share of the weights' gradients.
    private let weightFloats: Int
    private var scratch = Arena.nothing

    /// - Parameter returnsSequence: Whether the output is the state at every time, `[time, units]`, or the last one read.
    init(_ x: Variable, _ weights: Weights, isReversed: Bool, returnsSequence: Bool, in graph: Graph) {
        self.x = x
        self.weights = weights
        self.isReversed = isReversed
        self.returnsSequence = returnsSequence
        time = x.shape[0]
        features = x.shape[1]
        units = weights.recurrent.shape[0]
        gateWidth = weights.recurrent.shape[1]
        weightFloats = weights.all.contains(where: \.needsGradient) ? weights.all.reduce(0) { $0 + $1.size } : 0
        output = graph.output(shape: returnsSequence ? [time, units] : [units], of: [x] + weights.all)
    }

    var inputs: [Variable] { [x] + weights.all }
    var isGated: Bool { weights.recurrentBias != nil }

    // MARK: Working memory

    /// What one row takes: its input, gates and states, and their gradients.
    private var floatsPerRow: Int {
        time * (2 * features + (isGated ? 4 : 2) * gateWidth) + 2 * (time + 1) * units + 2 * units
    }

    func scratchCount(rows: Int) -> Int { weightFloats + rows * floatsPerRow }
    func place(scratch: UnsafeMutablePointer<Float>) { self.scratch = scratch }

    /// The memory of some rows, each array time by time.
    private struct Memory {
        let rows: Int
        /// `[time, rows, features]`.
        let input: UnsafeMutablePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        /// `[time, rows, gates · units]`: the activated gates.
        let gates: UnsafeMutablePointer<Float>
        let gateGradients: UnsafeMutablePointer<Float>
        /// The state's share of the gates' sums, which a gated unit keeps apart from the input's.
        let shares: UnsafeMutablePointer<Float>
        let shareGradients: UnsafeMutablePointer<Float>
        /// `[time + 1, rows, units]`, beginning with the state before the first step.
        let hidden: UnsafeMutablePointer<Float>
        let cells: UnsafeMutablePointer<Float>
        /// `[rows, units]`.
        let hiddenGradient: UnsafeMutablePointer<Float>
        let cellGradient: UnsafeMutablePointer<Float>
    }

    private func memory(of range: Range<Int>) -> Memory {
        let rows = range.count
        var next = scratch + weightFloats + range.lowerBound * floatsPerRow
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        let gates = take(time * rows * gateWidth)
        let gateGradients = take(time * rows * gateWidth)
        return Memory(
            rows: rows,
            input: take(time * rows * features),
            inputGradient: take(time * rows * features),
            gates: gates,
            gateGradients: gateGradients,
            shares: isGated ? take(time * rows * gateWidth) : gates,
            shareGradients: isGated ? take(time * rows * gateWidth) : gateGradients,
            hidden: take((time + 1) * rows * units),
            cells: take((time + 1) * rows * units),
            hiddenGradient: take(rows * units),
            cellGradient: take(rows * units)
        )
    }

    private func parts(_ pass: Pass) -> Int { pass.parts(work: pass.rows * time * (features + units) * gateWidth) }

    /// Where in a sequence the step that is read as number `step` lies.
    func position(_ step: Int) -> Int { isReversed ? time - 1 - step : step }

    /// Calls `body` with each place of each sequence, in memory as it is read, and in the batch.
    private func forEachPlace(of range: Range<Int>, _ body: (_ inside: Int, _ outside: Int) -> Void) {
        for (index, row) in range.enumerated() {
            for step in 0..<time {
                body(step * range.count + index, row * time + position(step))
            }
        }
    }

    // MARK: Forward

    func forward(_ pass: Pass) {
        pass.perform(parts: parts(pass)) { _, range in
            let memory = memory(of: range)
            forEachPlace(of: range) { inside, outside in
                (memory.input + inside * features).update(from: x.value + outside * features, count: features)
            }
            layer_fill_rows(weights.bias.value, memory.gates, time * range.count, gateWidth)
            Product.multiply(
                (memory.input, time * range.count, features),
                (weights.input.value, features, gateWidth),
                into: memory.gates,
                accumulate: true
            )
            memory.hidden.update(repeating: 0, count: range.count * units)
            memory.cells.update(repeating: 0, count: range.count * units)
            for step in 0..<time { advance(memory, step) }
            writeOutput(memory, range)
        }
    }

    private func advance(_ memory: Memory, _ step: Int) {
        let rows = memory.rows
        let gates = memory.gates + step * rows * gateWidth
        let shares = memory.shares + step * rows * gateWidth
        let before = step * rows * units
        let after = before + rows * units
        if let bias = weights.recurrentBias { layer_fill_rows(bias.value, shares, rows, gateWidth) }
        Product.multiply(
            (memory.hidden + before, rows, units),
            (weights.recurrent.value, units, gateWidth),
            into: shares,
            accumulate: true
        )
        if isGated {
            layer_gru_step(gates, shares, memory.hidden + before, memory.hidden + after, rows, units)
        } else {
            layer_lstm_step(gates, memory.cells + before, memory.cells + after, memory.hidden + after, rows, units)
        }
    }

    private func writeOutput(_ memory: Memory, _ range: Range<Int>) {
        // The first state lies before the first step.
        let states = memory.hidden + range.count * units
        if returnsSequence {
            forEachPlace(of: range) { inside, outside in
                (output.value + outside * units).update(from: states + inside * units, count: units)
            }
        } else {
            let last = states + (time - 1) * range.count * units
            (output.value + range.lowerBound * units).update(from: last, count: range.count * units)
        }
    }

    // MARK: Backward

    func backward(_ pass: Pass) {
        let parts = parts(pass)
        pass.perform(parts: parts) { part, range in
            let memory = memory(of: range)
            memory.hiddenGradient.update(repeating: 0, count: range.count * units)
            memory.cellGradient.update(repeating: 0, count: range.count * units)
            for step in stride(from: time - 1, through: 0, by: -1) { retreat(memory, range, step) }
            weightGradients(memory, part)
            if x.needsGradient { inputGradient(memory, range) }
        }
        guard parts > 1 else { return }
        var offset = 0
        for weight in weights.all {
            if weight.needsGradient { layer_scale(scratch + offset, weight.gradient, weight.size, 1, 1) }
            offset += weight.size
        }
    }

    private func addOutputGradient(_ memory: Memory, _ range: Range<Int>, _ step: Int) {
        guard returnsSequence || step == time - 1 else { return }
        for (index, row) in range.enumerated() {
            let place = returnsSequence ? row * time + position(step) : row
            layer_scale(output.gradient + place * units, memory.hiddenGradient + index * units, units, 1, 1)
        }
    }

    private func retreat(_ memory: Memory, _ range: Range<Int>, _ step: Int) {
        addOutputGradient(memory, range, step)
        let rows = memory.rows
        let gates = step * rows * gateWidth
        let before = step * rows * units
        if isGated {
            layer_gru_step_backward(
                memory.gates + gates,
                memory.shares + gates,
                memory.hidden + before,
                memory.hiddenGradient,
                memory.gateGradients + gates,
                memory.shareGradients + gates,
                rows,
                units
            )
        } else {
            layer_lstm_step_backward(
                memory.gates + gates,
                memory.cells + before,
                memory.cells + before + rows * units,
                memory.hiddenGradient,
                memory.cellGradient,
                memory.gateGradients + gates,
                rows,
                units
            )
        }
        // An LSTM's state passes through its gates only, a gated unit's also beside them.
        Product.multiplyTransposed(
            (memory.shareGradients + gates, rows, gateWidth),
            (weights.recurrent.value, units, gateWidth),
            into: memory.hiddenGradient,
            accumulate: isGated
        )
    }

    private func weightGradients(_ memory: Memory, _ part: Int) {
        let count = time * memory.rows
        let gates: Product.Matrix = (memory.gateGradients, count, gateWidth)
        let shares: Product.Matrix = (memory.shareGradients, count, gateWidth)
        var offset = 0
        func write(_ weight: Variable, _ body: (_ target: UnsafeMutablePointer<Float>, _ accumulate: Bool) -> Void) {
            defer { offset += weight.size }
            guard weight.needsGradient else { return }
            body(part == 0 ? weight.gradient : scratch + offset, part == 0 && weight.accumulates)
        }
        write(weights.input) { target, accumulate in
            Product.transposedMultiply((memory.input, count, features), gates, into: target, accumulate: accumulate)
        }
        write(weights.recurrent) { target, accumulate in
            Product.transposedMultiply((memory.hidden, count, units), shares, into: target, accumulate: accumulate)
        }
        write(weights.bias) { target, accumulate in
            layer_column_sums(gates.base, target, count, gateWidth, accumulate ? 1 : 0)
        }
        guard let bias = weights.recurrentBias else { return }
        write(bias) { target, accumulate in
            layer_column_sums(shares.base, target, count, gateWidth, accumulate ? 1 : 0)
        }
    }

    private func inputGradient(_ memory: Memory, _ range: Range<Int>) {
        Product.multiplyTransposed(
            (memory.gateGradients, time * memory.rows, gateWidth),
            (weights.input.value, features, gateWidth),
            into: memory.inputGradient,
            accumulate: false
        )
        forEachPlace(of: range) { inside, outside in
            layer_scale(
                memory.inputGradient + inside * features,
                x.gradient + outside * features,
                features,
                1,
                x.accumulateFlag
            )
        }
    }
}
