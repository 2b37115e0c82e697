import Prediction
import Tensors
import Testing

@Suite struct `A schema` {
    @Test func `reads back what it writes`() throws {
        let schema = ModelSchema(
            inputs: [
                ColumnDescription(
                    name: "age \"quoted\\\"\n",
                    tensor: "person",
                    index: 0,
                    datatype: .float64,
                    scale: 0...120.5,
                    unit: "years",
                    isSensitive: true
                ),
                ColumnDescription(
                    name: "colour",
                    tensor: "person",
                    index: 1,
                    datatype: .bytes,
                    kind: .category,
                    categories: ["red", "grün\u{7}"]
                ),
                ColumnDescription(name: "photo", shape: [8, 8, 1], kind: .image, layout: .channelsFirst),
            ],
            outputs: [ColumnDescription(name: "p", shape: [2], classes: ["no", "yes"])]
        )
        #expect(try ModelSchema(parsing: schema.text) == schema)
        #expect(schema.inputSize == 66)
        #expect(schema.outputSize == 2)
    }

    @Test func `an input is a number of type FP32 in a tensor of its name unless it says otherwise`() throws {
        let schema = try ModelSchema(parsing: "[[inputs]]\nname = \"x\"")
        #expect(schema.inputs == [ColumnDescription(name: "x")])
        #expect(schema.inputs[0].tensor == "x" && schema.inputs[0].elementCount == 1)
    }

    @Test(arguments: [
        ("[[inputs]]\nname = \"x\"\ncolor = 1", ["inputs.0", "color", "categories"]),
        ("[[inputs]]\nname = \"x\"\n[extra]\na = 1", ["extra", "inputs"]),
        ("[[inputs]]\ntensor = \"x\"", ["name"]),
        ("[[inputs]]\nname = 3", ["name", "3"]),
        ("inputs = 3", ["inputs"]),
        ("", ["input"]),
        ("[[inputs]]\nname = \"x\"\nshape = [-1]", ["shape", "-1"]),
        ("[[inputs]]\nname = \"x\"\nshape = [4611686018427387904, 4]", ["shape"]),
        ("[[inputs]]\nname = \"x\"\nshape = [2.5]", ["shape"]),
        ("[[inputs]]\nname = \"x\"\ndatatype = \"float\"", ["datatype", "FP32"]),
        ("[[inputs]]\nname = \"x\"\nkind = \"picture\"", ["kind", "image"]),
        ("[[inputs]]\nname = \"x\"\nkind = \"image\"\nshape = [8, 8]", ["shape", "height"]),
        ("[[inputs]]\nname = \"x\"\nkind = \"category\"", ["categories"]),
        ("[[inputs]]\nname = \"x\"\nscale = [1, 0]", ["scale"]),
        ("[[inputs]]\nname = \"x\"\nindex = -1", ["index", "-1"]),
        ("[[inputs]]\nname = \"x\"\n[[inputs]]\nname = \"x\"", ["twice"]),
        ("[[inputs]]\nname = \"x\"\n[[outputs]]\nname = \"p\"\nshape = [3]\nclasses = [\"a\"]", ["classes", "1 of 3"]),
        ("[[inputs]\nname = \"x\"", ["line 1"]),
    ])
    func `refuses what it does not know and says what it does`(text: String, mentions: [String]) throws {
        let error = try #require(throws: PredictionError.self) {
            _ = try ModelSchema(parsing: text, file: "digits/1/schema.toml")
        }
        #expect(error.code == .invalidDescription)
        #expect(error.message.contains("digits/1/schema.toml") && !error.remedy.isEmpty)
        for mention in mentions { #expect(error.description.contains(mention), "\(error) mentions \(mention)") }
    }
}
