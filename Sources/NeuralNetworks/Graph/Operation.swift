/// One step of a graph: computes its output from its inputs, and on the way back its inputs' gradients from its output's.
///
/// On the way back an operation overwrites the gradient of an input, or adds to it where `accumulates` says that
/// others do too. It leaves alone what needs no gradient.
protocol Operation: AnyObject {
    var inputs: [Variable] { get }
    var output: Variable { get }

    /// Floats of working memory for batches of up to `rows`; they keep their content from forward to backward.
    func scratchCount(rows: Int) -> Int
    /// Takes the working memory.
    func place(scratch: UnsafeMutablePointer<Float>)

    func forward(_ pass: Pass) throws
    func backward(_ pass: Pass) throws
}

extension Operation {
    func scratchCount(rows: Int) -> Int { 0 }
    func place(scratch: UnsafeMutablePointer<Float>) {}
}
