import Foundation
import Methods
import Prediction
import Tensors
import TestSupport
import Testing
import VedetteCommands

/// Files of rows for a model whose schema names columns and categories.
@Suite struct `Rows of a schema` {
    private let folder = TemporaryDirectory()

    private struct Shop: Predictor {
        var model: ModelDescription {
            ModelDescription(
                name: "shop",
                version: "1",
                inputs: [
                    ColumnDescription(name: "age"),
                    ColumnDescription(name: "colour", datatype: .bytes, kind: .category, categories: ["red", "green"]),
                    ColumnDescription(name: "grade", datatype: .int32, kind: .category, categories: ["1", "2", "5"]),
                ],
                outputs: [ColumnDescription(name: "price")]
            )
        }

        func predict(_ batch: Tensor<Float>) throws -> Tensor<Float> {
            try Tensor(shape: [batch.rows, 1], elements: (0..<batch.rows).map { batch[3 * $0] })
        }
    }

    private func file(_ text: String) -> String {
        folder.write(Array(text.utf8), to: "rows.csv")
        return folder.file("rows.csv")
    }

    @Test func `are found by name, in any order, with codes for categories`() throws {
        let rows = try RowsFile.read(
            file("grade,colour,age\n5,green,31\n1,violet,\n,,7\n"),
            of: Shop().model
        ).rows
        #expect(rows.shape == [3, 3])
        #expect(Array(rows.elements[0..<3]) == [31, 1, 2])
        #expect(rows.elements[3].isNaN)
        #expect(Array(rows.elements[4..<6]) == [2, 0], "what is not on the list has the code after it")
        #expect(rows.elements[6] == 7 && rows.elements[7].isNaN && rows.elements[8].isNaN)
    }

    @Test func `are those that are asked for`() throws {
        let rows = try RowsFile.read(file("colour,age\nred,4\n"), of: Shop().model, columns: ["age", "colour"]).rows
        #expect(rows.shape == [1, 2] && Array(rows.elements) == [4, 0])
    }

    @Test func `are taken as they stand where the file has names of its own`() throws {
        let rows = try RowsFile.read(file("a,b,c\n4,green,2\n"), of: Shop().model).rows
        #expect(Array(rows.elements) == [4, 1, 1])
    }

    @Test(arguments: [
        ("age,colour\n1,red\n", ["grade", "missing"]), ("age,colour,grade,label\n1,red,2,0\n", ["label"]),
        ("age,colour,grade\nold,red,2\n", ["age", "texts"]),
    ])
    func `are refused by the name of the column`(text: String, words: [String]) throws {
        let path = file(text)
        let error = #expect(throws: CommandError.self) { try RowsFile.read(path, of: Shop().model) }
        let message = try #require(error?.message)
        for word in words { #expect(message.contains(word), "\(message)") }
        #expect(message.contains("rows.csv"))
    }

    @Test func `let a detector test each column by its kind without being told`() throws {
        var generator = SplitMix(seed: 3)
        let rows = try Tensor<Float>(
            shape: [300, 3],
            elements: (0..<300).flatMap { _ in
                [Float.random(in: 0...1, using: &generator), Float(Int.random(in: 0...1, using: &generator)), 2]
            }
        )
        let fitting = MonitorFitting(
            configuration: "name = \"TabularDrift\"\n[monitor]\nmodel = \"shop\"\n",
            rows: rows,
            model: Shop()
        )
        _ = try fitting.run(output: folder.file("monitor"))
        let monitor = try MethodCatalog.all.load(
            Artefact(reading: folder.file("monitor"), catalog: .all),
            model: nil
        )
        let categories = try #require(
            monitor.configuration.parameters.optionalCategories("categories_per_feature")
        )
        #expect(categories == [1: [0, 1], 2: [0, 1, 2]])

        let told = MonitorFitting(
            configuration: "name = \"TabularDrift\"\ncategories_per_feature = { 2 = 3 }\n[monitor]\nmodel = \"shop\"\n",
            rows: rows,
            model: Shop()
        )
        _ = try told.run(output: folder.file("told"))
        let kept = try MethodCatalog.all.load(Artefact(reading: folder.file("told"), catalog: .all), model: nil)
        #expect(kept.configuration.parameters.optionalCategories("categories_per_feature") == [2: [0, 1, 2]])
    }
}
