import JSON
import Methods
import Tensors

/// What a test of the newest rows by expected run time is asked for, and what its folder keeps of the answer.
struct NewestRows: Sendable {
    /// Clean rows to a false detection, on average.
    let expectedRunTime: Double
    /// The newest rows that are compared.
    let size: Int
    /// Streams that are simulated for the thresholds.
    let streams: Int

    /// The keys that say so.
    static let parameters = [
        Parameter("ert", .number(2...1e6), default: 1_000, "Rows to a false detection, on average."),
        Parameter("window_size", .integer(2...10_000), default: 20, "The newest rows that are compared."),
        Parameter("n_bootstraps", .integer(20...10_000_000), "Simulated streams; a hundred times ert where absent."),
    ]

    /// Reads the keys.
    init(_ parameters: Parameters) {
        expectedRunTime = parameters.number("ert")
        size = parameters.integer("window_size")
        streams = parameters.optionalInteger("n_bootstraps") ?? Int((100 * expectedRunTime).rounded(.up))
    }

    /// Thresholds and first window that an artefact keeps, checked.
    ///
    /// - Parameter width: Values of a row.
    /// - Throws: `.invalidArtefact` where they are not of such a window; `.nonFiniteValue`.
    func stored(_ artefact: Artefact, width: Int) throws -> (firstWindow: Tensor<Float>, thresholds: [Double]) {
        let window = try artefact.floats("first_window")
        let thresholds = try artefact.doubles("thresholds").elements
        guard window.rows == size, window.elementsPerRow == width, thresholds.count == size,
            thresholds.allSatisfy(\.isFinite)
        else { throw MethodError.artefact("first_window.npy", "it is not of a window of \(size) rows") }
        try window.requireFinite(artefact.configuration.method)
        return (window, thresholds)
    }
}
