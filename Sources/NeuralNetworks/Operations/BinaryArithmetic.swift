/// The sum, difference, product or quotient of two tensors, element by element, with broadcasting.
final class BinaryArithmetic: Operation {
    enum Form: String {
        case add, subtract, multiply, divide
    }

    let form: Form
    let a: Variable
    let b: Variable
    let output: Variable
    private let broadcasting: Broadcasting

    /// - Throws: `.shapeMismatch` naming the operation and both shapes.
    init(_ form: Form, _ a: Variable, _ b: Variable, in graph: Graph) throws(NeuralNetworkError) {
        self.form = form
        self.a = a
        self.b = b
        broadcasting = try Broadcasting(form.rawValue, a.shape, b.shape)
        output = graph.output(shape: broadcasting.shape, isPerRow: a.isPerRow || b.isPerRow, of: [a, b])
    }

    var inputs: [Variable] { [a, b] }

    func forward(_ pass: Pass) {
        forEachRun(pass) { first, second, target in
            let (a, b, y) = (a.value + first, b.value + second, output.value + target)
            let (stepA, stepB) = (broadcasting.stepA, broadcasting.stepB)
            switch form {
            case .add: for i in 0..<broadcasting.run { y[i] = a[i * stepA] + b[i * stepB] }
            case .subtract: for i in 0..<broadcasting.run { y[i] = a[i * stepA] - b[i * stepB] }
            case .multiply: for i in 0..<broadcasting.run { y[i] = a[i * stepA] * b[i * stepB] }
            case .divide: for i in 0..<broadcasting.run { y[i] = a[i * stepA] / b[i * stepB] }
            }
        }
    }

    func backward(_ pass: Pass) {
        // Repeated elements collect from several places, so both sides add to what is there.
        clear(a, pass)
        if b !== a { clear(b, pass) }
        forEachRun(pass) { first, second, target in
            if a.needsGradient { addGradient(ofFirst: first, second, target) }
            if b.needsGradient { addGradient(ofSecond: second, first, target) }
        }
    }

    private func clear(_ input: Variable, _ pass: Pass) {
        guard input.needsGradient, !input.accumulates else { return }
        input.gradient.update(repeating: 0, count: input.count(pass.rows))
    }

    private func addGradient(ofFirst first: Int, _ second: Int, _ target: Int) {
        let (da, b, dy) = (a.gradient + first, b.value + second, output.gradient + target)
        let (stepA, stepB) = (broadcasting.stepA, broadcasting.stepB)
        switch form {
        case .add, .subtract: for i in 0..<broadcasting.run { da[i * stepA] += dy[i] }
        case .multiply: for i in 0..<broadcasting.run { da[i * stepA] += dy[i] * b[i * stepB] }
        case .divide: for i in 0..<broadcasting.run { da[i * stepA] += dy[i] / b[i * stepB] }
        }
    }

    private func addGradient(ofSecond second: Int, _ first: Int, _ target: Int) {
        let (db, a, b) = (b.gradient + second, a.value + first, b.value + second)
        let (y, dy) = (output.value + target, output.gradient + target)
        let (stepA, stepB) = (broadcasting.stepA, broadcasting.stepB)
        switch form {
        case .add: for i in 0..<broadcasting.run { db[i * stepB] += dy[i] }
        case .subtract: for i in 0..<broadcasting.run { db[i * stepB] -= dy[i] }
        case .multiply: for i in 0..<broadcasting.run { db[i * stepB] += dy[i] * a[i * stepA] }
        case .divide: for i in 0..<broadcasting.run { db[i * stepB] -= dy[i] * y[i] / b[i * stepB] }
        }
    }

    /// Calls `body` with where each run begins on both sides and in the output.
    private func forEachRun(_ pass: Pass, _ body: (_ first: Int, _ second: Int, _ target: Int) -> Void) {
        var target = 0
        for row in 0..<(output.isPerRow ? pass.rows : 1) {
            let rowA = a.isPerRow ? row * a.size : 0
            let rowB = b.isPerRow ? row * b.size : 0
            for (startA, startB) in zip(broadcasting.startsA, broadcasting.startsB) {
                body(rowA + startA, rowB + startB, target)
                target += broadcasting.run
            }
        }
    }
}
