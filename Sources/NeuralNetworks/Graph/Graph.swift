/// A computation recorded once and run many times over the same buffers, forwards and backwards.
///
/// Inputs hold one tensor per row of a batch; the number of rows may change from run to run and memory grows only when
/// it exceeds every earlier one. Reverse-mode differentiation walks the recorded operations back from one variable.
///
/// A graph is used by one thread at a time. `Network` keeps a pool of graphs for inference, a trainer owns one.
public final class Graph {
    /// What was recorded, in an order in which it can run.
    private(set) var operations: [any Operation] = []
    private var variables: [Variable] = []
    /// What a graph reads but does not own: weights of networks, kept alive as long as the graph.
    private var owners: [AnyObject] = []
    /// For each variable that was differentiated, what has to run for it.
    private var backwardPlans: [ObjectIdentifier: BackwardPlan] = [:]

    private let values = Arena()
    private let gradients = Arena()
    private var capacity = 0
    private var hasGradients = false
    /// Of a graph that runs in lent memory: where its values lie, and in which block they were placed last.
    private var layout: ForwardLayout?
    private var block: UnsafeMutablePointer<Float>?

    /// Rows of the present batch.
    public private(set) var rows = 0
    /// Training runs so far; a training that is resumed sets it.
    var trainingRuns = 0
    private let splitsRows: Bool
    /// Seeds what draws random numbers, each from its own stream.
    let seed: UInt64

    /// Makes an empty graph.
    ///
    /// - Parameters:
    ///   - seed: Where dropout's random numbers begin.
    ///   - splitsRows: Whether large operations use two cores; results do not depend on how many there are.
    public init(seed: UInt64 = 0, splitsRows: Bool = false) {
        self.seed = seed
        self.splitsRows = splitsRows
    }

    // MARK: Recording

    /// A variable that the caller fills before each run.
    ///
    /// - Parameters:
    ///   - shape: The shape of one row.
    ///   - differentiable: Whether its gradient is wanted.
    public func input(shape: [Int], differentiable: Bool = false) -> Variable {
        let variable = Variable(shape: shape, isPerRow: true, needsGradient: differentiable)
        return add(variable)
    }

    /// A weight whose value, and gradient if there is one, live in the buffers of `owner`.
    func weight(
        shape: [Int],
        value: UnsafeMutablePointer<Float>,
        gradient: UnsafeMutablePointer<Float>?,
        owner: AnyObject
    ) -> Variable {
        retain(owner)
        return Variable(
            shape: shape,
            isPerRow: false,
            needsGradient: gradient != nil,
            value: value,
            gradient: gradient ?? Arena.nothing
        )
    }

    func retain(_ owner: AnyObject) {
        if !owners.contains(where: { $0 === owner }) { owners.append(owner) }
    }

    /// The variable for the output of the next operation to be recorded.
    func output(shape: [Int], isPerRow: Bool = true, of inputs: [Variable]) -> Variable {
        let needsGradient = inputs.contains(where: \.needsGradient)
        return add(
            Variable(shape: shape, isPerRow: isPerRow, needsGradient: needsGradient, producer: operations.count)
        )
    }

    /// Records an operation made with `output(shape:of:)`.
    func record(_ operation: some Operation) -> Variable {
        operations.append(operation)
        capacity = 0
        backwardPlans = [:]
        return operation.output
    }

    private func add(_ variable: Variable) -> Variable {
        variables.append(variable)
        capacity = 0
        return variable
    }

    // MARK: Running

    /// Begins a batch; inputs are written after this and before `run`.
    ///
    /// - Complexity: O(1) unless the batch is larger than all before it; then all memory is taken anew.
    public func begin(rows: Int) {
        precondition(rows > 0, "a batch has at least one row")
        self.rows = rows
        guard rows > capacity else { return }
        capacity = rows
        hasGradients = false
        let sizes = variables.map { Arena.footprint($0.count(rows)) }
        let scratch = operations.map { Arena.footprint($0.scratchCount(rows: rows)) }
        values.reserve(sizes.reduce(0, +) + scratch.reduce(0, +))
        for variable in variables { variable.value = values.take(variable.count(rows)) }
        for (operation, count) in zip(operations, scratch) where count > 0 {
            operation.place(scratch: values.take(count))
        }
    }

    /// Begins a batch of a graph that only runs forwards, in memory that is lent for this run: values share it as soon as
    /// nothing reads them any more, so that after the run only `result` can be read.
    ///
    /// - Precondition: No variable needs a gradient, and every graph is always begun in this way or never.
    /// - Complexity: O(1) unless the batch is larger than all before it or the memory is another.
    func begin(rows: Int, in memory: Arena, keeping result: Variable) {
        precondition(rows > 0, "a batch has at least one row")
        self.rows = rows
        if rows > capacity {
            capacity = rows
            let inputs = variables.filter { $0.producer == nil }
            layout = ForwardLayout(operations, inputs: inputs, rows: rows, keeping: result)
            block = nil
        }
        guard let layout else { return }
        let block = memory.block(of: layout.count)
        if block != self.block {
            layout.place(at: block)
            self.block = block
        }
    }

    /// The floats that one row takes in all values; what the caller bounds its batches by.
    var floatsPerRow: Int { variables.reduce(0) { $0 + ($1.isPerRow ? $1.size : 0) } }

    /// Computes every variable that `target` depends on, or everything when it is `nil`.
    ///
    /// - Throws: What an operation of a foreign model throws; nothing else.
    public func run(training: Bool = false, upTo target: Variable? = nil) throws {
        if training { trainingRuns += 1 }
        let pass = pass(training)
        let end = target.map { ($0.producer ?? -1) + 1 } ?? operations.count
        for operation in operations[..<end] { try operation.forward(pass) }
    }

    private func pass(_ training: Bool) -> Pass {
        Pass(rows: rows, isTraining: training, step: trainingRuns, splitsRows: splitsRows)
    }

    /// Computes the gradient of a loss with respect to everything that needs one, after a `run`.
    ///
    /// - Parameter training: What `run` was called with.
    public func backward(from loss: Variable, training: Bool = false) throws {
        try backward(from: loss, training: training) { $0.update(repeating: 1) }
    }

    /// Computes a vector–Jacobian product, after a `run`: the gradient of `Σ weight · value` of `root`.
    ///
    /// - Parameters:
    ///   - training: What `run` was called with.
    ///   - fill: Writes the weights, `rows · size` of them.
    public func backward(
        from root: Variable,
        training: Bool = false,
        fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) throws {
        takeGradients()
        let plan = backwardPlan(from: root)
        for variable in plan.zeroed { variable.gradient.update(repeating: 0, count: variable.count(rows)) }
        try fill(UnsafeMutableBufferPointer(start: root.gradient, count: root.count(rows)))
        let pass = pass(training)
        for operation in plan.operations { try operation.backward(pass) }
    }

    private func takeGradients() {
        guard !hasGradients else { return }
        hasGradients = true
        let wanting = variables.filter(\.needsGradient)
        gradients.reserve(wanting.reduce(0) { $0 + Arena.footprint($1.count(capacity)) })
        for variable in wanting { variable.gradient = gradients.take(variable.count(capacity)) }
    }

    /// The operations between `root` and what needs a gradient, last first, and the gradients that start at zero.
    private func backwardPlan(from root: Variable) -> BackwardPlan {
        if let plan = backwardPlans[ObjectIdentifier(root)] {
            plan.mark()
            return plan
        }
        var uses: [ObjectIdentifier: (variable: Variable, count: Int)] = [ObjectIdentifier(root): (root, 0)]
        var reached: [any Operation] = []
        for operation in operations.reversed()
        where operation.output.needsGradient && uses[ObjectIdentifier(operation.output)] != nil {
            reached.append(operation)
            for input in operation.inputs where input.needsGradient {
                uses[ObjectIdentifier(input), default: (input, 0)].count += 1
            }
        }
        let plan = BackwardPlan(
            operations: reached,
            used: uses.values.map(\.variable),
            zeroed: uses.values.filter { $0.count > 1 }.map(\.variable)
        )
        backwardPlans[ObjectIdentifier(root)] = plan
        plan.mark()
        return plan
    }
}

/// What differentiating one variable takes.
private struct BackwardPlan {
    let operations: [any Operation]
    let used: [Variable]
    let zeroed: [Variable]

    /// Tells each variable whether several operations of this plan add to its gradient.
    func mark() {
        for variable in used { variable.accumulates = false }
        for variable in zeroed { variable.accumulates = true }
    }
}
