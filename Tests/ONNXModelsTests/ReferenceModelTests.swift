import Foundation
import JSON
import ONNXModels
import Prediction
import Tensors
import TestSupport
import Testing

/// Models of scikit-learn, XGBoost, LightGBM and PyTorch, and what those libraries themselves answer.
@Suite(.enabled(if: ONNXFolder.hasRuntime, ONNXFolder.noRuntime))
struct `Models of other libraries, as ONNX` {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let schema: String?
        let rows: Tensor<Float>
        let expected: [[Double]]

        var testDescription: String { name }
    }

    static func cases() throws -> [Case] {
        try #require(ReferenceValues.read("models")["cases"]?.array).map { entry in
            let shape = try #require(entry["shape"]?.array).compactMap(\.int)
            let rows = try #require(entry["rows"]?.array).compactMap { $0.double.map { Float($0) } }
            return Case(
                name: try #require(entry["name"]?.string),
                schema: entry["schema"]?.string,
                rows: try Tensor(shape: shape, elements: rows),
                expected: try #require(entry["expected"]?.array).map { row in
                    try #require(row.array).compactMap(\.double)
                }
            )
        }
    }

    /// The graphs compute in float32: 1e-6 of a probability, and of a larger value its part.
    private func isClose(_ value: Float, _ expected: Double) -> Bool {
        abs(Double(value) - expected) <= 1e-6 * max(1, abs(expected))
    }

    @Test(arguments: try cases())
    func `answer as the library that trained them, in a batch and row by row`(reference: Case) throws {
        let model = try ONNXFolder(reference.name, schema: reference.schema).open()
        let answers = try model.predict(reference.rows)
        #expect(answers.shape == [reference.rows.rows, reference.expected[0].count])
        for (row, expected) in reference.expected.enumerated() {
            let alone = try model.predict(reference.rows.rows(row..<row + 1))
            #expect(alone.shape == [1, expected.count])
            for (column, value) in expected.enumerated() {
                let given = answers[row * expected.count + column]
                #expect(isClose(given, value), "row \(row), column \(column): \(given) where \(value) is expected")
                #expect(isClose(alone[column], value))
            }
        }
        #expect(
            try model.predict(Tensor(shape: [0] + reference.rows.rowShape, elements: [])).shape == [
                0, answers.elementsPerRow,
            ]
        )
    }

    @Test func `describe themselves where nobody wrote a schema, probabilities without the label`() throws {
        let digits = try ONNXFolder("digits_mlp").open().model
        #expect(digits.inputs == [ColumnDescription(name: "X", shape: [64])])
        #expect(digits.outputs == [ColumnDescription(name: "probabilities", shape: [10])])
        let image = try ONNXFolder("digits_torch").open().model
        #expect(image.inputs == [ColumnDescription(name: "image", shape: [1, 8, 8])])
        let ridge = try ONNXFolder("diabetes_ridge_double").open().model
        #expect(
            ridge.inputs[0].datatype == .float64 && ridge.outputs == [ColumnDescription(name: "variable", shape: [1])]
        )
    }

    @Test func `answer from many threads at once as from one`() async throws {
        let reference = try #require(try Self.cases().first { $0.name == "digits_mlp" })
        let model = try ONNXFolder("digits_mlp").open()
        let expected = try model.predict(reference.rows)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<200).allSatisfy { round in
                        let row = (task + round) % reference.rows.rows
                        return try model.predict(reference.rows.rows(row..<row + 1)) == expected.rows(row..<row + 1)
                    }
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    /// A run's outputs are 10 × 1,000 floats: if they stayed, 4,000 runs would keep 160 MB.
    @Test func `give back the memory of what they answered`() throws {
        let reference = try #require(try Self.cases().first { $0.name == "digits_mlp" })
        let model = try ONNXFolder("digits_mlp").open()
        let batch = reference.rows.selectingRows((0..<1_000).map { $0 % reference.rows.rows })
        for _ in 0..<100 { _ = try model.predict(batch) }
        let before = try residentBytes()
        for _ in 0..<4_000 { _ = try model.predict(batch) }
        #expect(try residentBytes() - before < 32 << 20)
    }

    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
        return try #require(Int(pages)) * 4096
    }
}
