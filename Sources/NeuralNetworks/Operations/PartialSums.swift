import CLayerKernels

/// The gradients of a layer's weight and bias while a batch is computed in parts: the first part writes to the gradients
/// themselves, the second to memory of its own that is added at the end.
struct PartialSums {
    private var memory = Arena.nothing
    private var targets: [Variable] = []

    init() {}

    /// - Parameter memory: Room for `count(weight, bias)` floats.
    init(_ memory: UnsafeMutablePointer<Float>, _ weight: Variable, _ bias: Variable?) {
        self.memory = memory
        targets = [weight] + (bias.map { [$0] } ?? [])
    }

    /// Floats that the second part's sums take.
    static func count(_ weight: Variable, _ bias: Variable?) -> Int {
        [weight, bias].reduce(0) { $0 + ($1.map { $0.needsGradient ? Arena.footprint($0.size) : 0 } ?? 0) }
    }

    /// Where a part adds up the weight's gradient.
    func weight(_ part: Int) -> UnsafeMutablePointer<Float> { part == 0 ? targets[0].gradient : memory }

    /// Sums the gradients of a part's outputs, each of the bias's size, for the bias; nothing where none is wanted.
    func addBias(_ gradients: UnsafeMutablePointer<Float>, count: Int, _ part: Int) {
        guard targets.count > 1, targets[1].needsGradient else { return }
        let bias = targets[1]
        layer_column_sums(gradients, self.bias(part), count, bias.size, accumulates(bias, part) ? 1 : 0)
    }

    private func bias(_ part: Int) -> UnsafeMutablePointer<Float> {
        part == 0 ? targets[1].gradient : memory + (targets[0].needsGradient ? Arena.footprint(targets[0].size) : 0)
    }

    /// Whether a part adds to what is there or overwrites it.
    func accumulates(_ variable: Variable, _ part: Int) -> Bool { part == 0 && variable.accumulates }

    /// Adds the second part's sums to the first's.
    func add() {
        for (index, target) in targets.enumerated() where target.needsGradient {
            layer_scale(index == 0 ? weight(1) : bias(1), target.gradient, target.size, 1, 1)
        }
    }
}
