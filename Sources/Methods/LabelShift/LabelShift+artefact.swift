import Statistics
import Tensors

extension LabelShift {
    private static let outputsName = "label_shift_outputs"
    private static let labelsName = "label_shift_labels"

    /// What a folder has to hold: labelled rows, at most ``mostRows``, drawn by seed.
    ///
    /// - Throws: As ``init(outputs:labels:)``; `.nonFiniteValue`.
    static func contents(outputs: Tensor<Float>, labels: [Int], seed: UInt64) throws -> ArtefactContents {
        try outputs.requireFinite("label shift")
        var generator = SeededGenerator(seed: seed).split(stream: 42)
        let kept =
            outputs.rows <= mostRows
            ? Array(0..<outputs.rows) : generator.sample(mostRows, of: outputs.rows).sorted()
        let rows = outputs.selectingRows(kept)
        let classes = kept.map { labels[$0] }
        _ = try LabelShift(outputs: rows, labels: classes)
        return ArtefactContents(arrays: [
            outputsName: AnyTensor(rows), labelsName: AnyTensor(Tensor(vector: classes.map { Float($0) })),
        ])
    }

    /// Restores what a folder holds; nil where it holds none.
    init?(_ artefact: Artefact) throws {
        guard artefact.hasArray(Self.outputsName) else { return nil }
        let labels = try artefact.floats(Self.labelsName).elements.map { Int(exactly: $0) ?? -1 }
        let outputs = try artefact.floats(Self.outputsName)
        do { try self.init(outputs: outputs, labels: labels) } catch {
            throw MethodError.artefact("\(Self.labelsName).npy", "\(error)", cause: error)
        }
    }
}
