import ONNXModels
import Prediction
import Tensors
import Testing

/// Between the floats of a batch and the types, shapes and layouts of a graph.
@Suite(.enabled(if: ONNXFolder.hasRuntime, ONNXFolder.noRuntime))
struct `The columns of a graph` {
    private static let kinds = [
        "FLOAT", "DOUBLE", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL",
    ]

    /// Inputs of every type, one value each, and one output.
    private func types(output: String) throws -> any Predictor {
        let inputs = Self.kinds.map { "[[inputs]]\nname = \"in_\($0)\"\nshape = [1]\n" }.joined()
        let outputs = "[[outputs]]\nname = \"out_\(output)\"\nshape = [\(Self.kinds.count)]\n"
        return try ONNXFolder("types", schema: inputs + outputs).open()
    }

    @Test(arguments: kinds)
    func `are read and written in every type`(output: String) throws {
        let row: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1]
        let batch = try Tensor(shape: [2, 11], elements: row + row.map { _ in 1 })
        let answer = try types(output: output).predict(batch)
        let expected = output == "BOOL" ? [Float](repeating: 1, count: 22) : batch.elements
        #expect(answer.elements == expected)
    }

    @Test func `of whole numbers take the nearest, as what perturbs rows needs`() throws {
        let row: [Float] = [0.4, 0.4, 2.6, -2.6, 0.4, 1e9, 0.4, 0.6, 0.4, 0.4, 0.6]
        let answer = try types(output: "FLOAT").predict(Tensor(shape: [1, 11], elements: row))
        #expect(answer.elements == [0.4, 0.4, 3, -3, 0, 1e9, 0, 1, 0, 0, 1])
    }

    @Test(arguments: [(2, 128 as Float), (6, -1), (6, 256), (5, .nan), (5, 1e19), (10, 2)])
    func `refuse what their type does not hold, by column and row`(column: Int, value: Float) throws {
        var elements = [Float](repeating: 0, count: 22)
        elements[11 + column] = value
        let error = try #require(throws: PredictionError.self) {
            _ = try types(output: "FLOAT").predict(Tensor(shape: [2, 11], elements: elements))
        }
        #expect(error.code == .invalidValue)
        #expect(error.message.contains("in_\(Self.kinds[column])") && error.message.contains("row 1"))
    }

    private static let wine = """
        [[inputs]]
        name = "proline"
        datatype = "INT64"
        shape = [1]
        kind = "category"
        categories = ["500", "1000", "1500"]
        [[inputs]]
        name = "colour"
        datatype = "BYTES"
        shape = [1]
        kind = "category"
        categories = ["pale", "red", "dark"]
        [[inputs]]
        name = "alcohol"
        shape = [1]
        [[inputs]]
        name = "hue"
        shape = [1]
        [[outputs]]
        name = "probabilities"
        shape = [3]
        """

    @Test func `come in the order of the schema, and codes stand for their categories`() throws {
        let byCode = try ONNXFolder("wine_mixed", schema: Self.wine).open()
        let plain = try ONNXFolder(
            "wine_mixed",
            schema: Self.wine.replacing("kind = \"category\"\ncategories = [\"500\", \"1000\", \"1500\"]\n", with: "")
        ).open()
        let answer = try byCode.predict(Tensor(shape: [1, 4], elements: [2, 1, 13, 1]))
        #expect(try answer == plain.predict(Tensor(shape: [1, 4], elements: [1500, 1, 13, 1])))
        #expect(try answer != byCode.predict(Tensor(shape: [1, 4], elements: [0, 1, 13, 1])))
        for wrong: Float in [3, -1, .nan] {
            let error = try #require(throws: PredictionError.self) {
                _ = try byCode.predict(Tensor(shape: [1, 4], elements: [0, wrong, 13, 1]))
            }
            #expect(error.code == .invalidValue && error.message.contains("colour"))
        }
    }

    @Test func `of an image channels last reach a graph that wants channels first`() throws {
        let schema = """
            [[inputs]]
            name = "image"
            shape = [2, 2, 3]
            kind = "image"
            layout = "HWC"
            [[outputs]]
            name = "flat"
            shape = [12]
            """
        let batch = try Tensor<Float>(shape: [1, 2, 2, 3], elements: (0..<12).map { Float($0) })
        let planes: [Float] = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
        #expect(try ONNXFolder("planes", schema: schema).open().predict(batch).elements == planes)
        let asItIs = schema.replacing("[2, 2, 3]", with: "[3, 2, 2]").replacing("HWC", with: "CHW")
        #expect(try ONNXFolder("planes", schema: asItIs).open().predict(batch).elements == batch.elements)
    }

    @Test func `of a graph for one row are asked row by row`() throws {
        let model = try ONNXFolder("fixed_batch").open()
        let answer = try model.predict(Tensor(shape: [3, 2], elements: [1, -2, 3, 4, -5, 6]))
        #expect(answer.elements == [1, 0, 3, 4, 0, 6])
    }

    @Test func `get the activation that was left out of the graph`() throws {
        let softmax = try ONNXFolder("fixed_batch", lines: "activation = \"softmax\"\n").open()
        let answer = try softmax.predict(Tensor(shape: [2, 2], elements: [0, 0, 1, 2]))
        // By hand: 1 / (1 + e).
        let expected: [Float] = [0.5, 0.5, 0.26894143, 0.7310586]
        for (given, wanted) in zip(answer.elements, expected) { #expect(abs(given - wanted) < 1e-6) }
        let sigmoid = try ONNXFolder("fixed_batch", lines: "activation = \"sigmoid\"\n").open()
        #expect(abs(try sigmoid.predict(Tensor(shape: [1, 2], elements: [0, 1]))[1] - 0.7310586) < 1e-6)
    }

    @Test func `of another number are refused`() throws {
        let model = try ONNXFolder("digits_mlp").open()
        let error = try #require(throws: PredictionError.self) {
            _ = try model.predict(Tensor(shape: [1, 63], repeating: 0))
        }
        #expect(error.code == .shapeMismatch && error.message.contains("64"))
    }
}
