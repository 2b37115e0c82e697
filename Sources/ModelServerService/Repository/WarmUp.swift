import Prediction
import Tensors

/// What a version has to answer before requests come to it: buffers are made, pages are read, and a model that cannot
/// answer at all is found before it harms anybody.
struct WarmUp {
    private let rowsFile: String?
    private let places: [String]

    /// - Parameter settings: Name a file of rows, looked for in the version's folder and then in the model's.
    init(_ settings: ServingSettings, folder: RepositoryFolder, key: ModelKey) {
        rowsFile = settings.warmUpRows
        places = [folder.folder(of: key), "\(folder.path)/\(key.name)"]
    }

    /// Asks a model.
    ///
    /// - Parameter zerosFailed: Called where a model does not answer zeros, which it need not.
    /// - Throws: When the rows that were given cannot be read or answered.
    func run(_ model: ServedModel, zerosFailed: (any Error) -> Void) throws {
        guard let rows = try rows() else {
            do {
                try ask(model, Self.zeros(for: model.rows))
            } catch {
                zerosFailed(error)
            }
            return
        }
        // As most requests come: one by one.
        for row in 0..<rows.rows { try ask(model, rows.rows(row..<row + 1)) }
    }

    /// Asks twice, the second time for what it costs; a long first answer tells enough.
    private func ask(_ model: ServedModel, _ row: Tensor<Float>) throws {
        var nanoseconds = try time(model, row)
        if nanoseconds < Self.long { nanoseconds = try time(model, row) }
        model.pace.learn(nanoseconds: nanoseconds, bytes: row.count * MemoryLayout<Float>.stride)
    }

    private func time(_ model: ServedModel, _ row: Tensor<Float>) throws -> Int {
        let began = ContinuousClock.now
        _ = try model.predict(row)
        return Int(began.duration(to: .now) / .nanoseconds(1))
    }

    /// 50 ms, in nanoseconds.
    private static let long = 50_000_000

    /// The rows that were given; nil where none were.
    private func rows() throws -> Tensor<Float>? {
        guard let rowsFile else { return nil }
        guard let path = places.map({ "\($0)/\(rowsFile)" }).first(where: RepositoryFolder.isThere) else {
            throw PredictionError(
                .notFound,
                "the warm-up rows \(rowsFile) are not in \(places.joined(separator: " or "))",
                remedy: "Put an .npy file there, or take warmup out of serving.toml"
            )
        }
        do {
            return try NPY.read(path: path).converted(to: Float.self)
        } catch {
            throw PredictionError(.invalidDescription, "\(path): \(error.message)", remedy: error.remedy, cause: error)
        }
    }

    /// One row of zeros.
    private static func zeros(for rows: ModelRows) -> Tensor<Float> {
        let shape =
            rows.inputs.count == 1 ? rows.inputs[0].rowShape : [rows.inputs.reduce(0) { $0 + $1.width }]
        return Tensor(shape: [1] + shape, repeating: 0)
    }
}
