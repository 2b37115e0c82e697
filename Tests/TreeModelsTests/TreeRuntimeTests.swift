import Foundation
import JSON
import Prediction
import Tensors
import TestSupport
import Testing
import TreeModels

@Suite struct `Model folders of other libraries` {
    private let directory = TemporaryDirectory()
    private let runtimes = ModelRuntimes(TreeRuntime.all)

    private func write(_ name: String, as file: String, kind: String, _ more: String = "", schema: String? = nil) throws
    {
        let reference = try Reference.named(name)
        directory.write(reference.bytes, to: file)
        let text = "format_version = 1\nname = \"m\"\nversion = \"3\"\nkind = \"\(kind)\"\n\(more)\n"
        directory.write(Array(text.utf8), to: "model.toml")
        if let schema { directory.write(Array(schema.utf8), to: "schema.toml") }
    }

    private func failure() throws -> PredictionError {
        try #require(throws: PredictionError.self) { try runtimes.open(folder: directory.path) }
    }

    @Test(arguments: [
        ("xgboost-3.2-softprob", "model.ubj", "xgboost"), ("lightgbm-4.7-binary", "model.txt", "lightgbm"),
        ("scikit-learn-random-forest", "model.safetensors", "scikit-learn"),
    ])
    func `open by their kind, with the usual file and schema`(name: String, file: String, kind: String) throws {
        try write(name, as: file, kind: kind)
        let predictor = try runtimes.open(folder: directory.path)
        #expect(predictor.model.name == "m" && predictor.model.version == "3")
        #expect(predictor.model.inputs.map(\.name) == ["input"] && predictor.model.outputs.map(\.name) == ["output"])
        let x = try Reference.named(name).values().x
        #expect(predictor.model.inputs[0].shape == [x.elementsPerRow])
        #expect(try predictor.predict(x) == Reference.named(name).predictor().predict(x))
    }

    @Test func `take the file that model.toml names, and the columns of schema.toml`() throws {
        let schema = """
            [[inputs]]
            name = "pixels"
            shape = [8, 8, 1]
            kind = "image"
            [[outputs]]
            name = "figure"
            shape = [10]
            """
        try write("xgboost-3.2-softprob", as: "net.ubj", kind: "xgboost", "file = \"net.ubj\"", schema: schema)
        let predictor = try runtimes.open(folder: directory.path)
        #expect(predictor.model.inputs[0].name == "pixels")
        #expect(try predictor.predict(Tensor<Float>(shape: [3, 8, 8, 1], repeating: 4)).shape == [3, 10])
    }

    @Test func `answer by the best round, or as many as model.toml says`() throws {
        let name = "xgboost-3.2-best"
        let x = try Reference.named(name).values().x
        func margins(_ rounds: String) throws -> Tensor<Double> {
            try write(name, as: "model.ubj", kind: "xgboost", rounds)
            let model = try #require(try runtimes.open(folder: directory.path) as? TreeModel)
            return try model.margins(of: x)
        }
        let best = try margins("")
        #expect(try margins("rounds = \"best\"") == best)
        #expect(try margins("rounds = \"all\"") != best)
        let count = try #require(try runtimes.open(folder: directory.path) as? TreeModel).ensemble.trees.count
        #expect(try margins("rounds = \(count)") == (try margins("rounds = \"all\"")))
        #expect(try margins("rounds = 1") != best)
        #expect(try #require(try runtimes.open(folder: directory.path) as? TreeModel).ensemble.trees.count == 1)
    }

    @Test func `name the file that is not there`() throws {
        try write("lightgbm-4.7-binary", as: "other.txt", kind: "lightgbm")
        let error = try failure()
        #expect(error.code == .notFound && error.message == "\(directory.path)/model.txt is not there")
    }

    @Test(arguments: [
        ("file = \"../model.ubj\"", "file"), ("file = \"\"", "file"), ("rounds = 0", "rounds"),
        ("rounds = \"most\"", "rounds"), ("iterations = 3", "iterations"),
    ])
    func `refuse keys and values that model.toml may not have`(line: String, key: String) throws {
        try write("xgboost-3.2-softprob", as: "model.ubj", kind: "xgboost", line)
        let error = try failure()
        #expect(error.code == .invalidDescription && error.message.contains(key), "\(error)")
    }

    @Test func `refuse a schema that does not fit the model`() throws {
        let schema = "[[inputs]]\nname = \"x\"\nshape = [7]\n[[outputs]]\nname = \"y\"\nshape = [2]\n"
        try write("lightgbm-4.7-binary", as: "model.txt", kind: "lightgbm", schema: schema)
        let error = try failure()
        #expect(error.code == .invalidModel)
        #expect(error.message.contains("takes rows of 30 and the schema describes 7"), "\(error)")
    }

    /// What is given, and what is said of it.
    @Test(
        arguments: [
            (.xgboost, "binf\u{0}\u{0}", "neither JSON nor UBJSON"), (.xgboost, "", "neither JSON nor UBJSON"),
            (.xgboost, "{\"version\": [3, 2, 0]}", "has no learner"), (.xgboost, "{L", "ends inside a number"),
            (.xgboost, "{\"learner\": [1, 2}", "not JSON"), (.lightgbm, "tree\nversion=v4\n", "end of trees"),
            (.lightgbm, "{\"tree\": 1}", "no LightGBM text"), (.scikitLearn, "\u{80}\u{4}cbuiltins", "the file"),
            (
                .lightgbm, "tree\nnum_class=1\nmax_feature_idx=3\nTree=0\nnum_leaves=2000000000\nend of trees\n",
                "num_leaves"
            ),
            (
                .lightgbm,
                "tree\nnum_class=1\nmax_feature_idx=3\nTree=0\nnum_leaves=900000000\nleaf_value=1 2\nend of trees\n",
                "leaf_value of tree 0 has 3 bytes for 900000000 numbers"
            ),
        ] as [(TreeModelFile, String, String)]
    )
    func `say what is wrong with a file`(kind: TreeModelFile, text: String, message: String) throws {
        let error = try #require(throws: PredictionError.self) {
            try kind.predictor(Array(text.utf8), name: "m", version: "1")
        }
        #expect(error.code == .invalidModel && error.message.contains(message), "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    /// A field of a JSON model changed, and what is said of it.
    @Test(arguments: [
        ("\"binary:logistic\"", "\"custom:mine\"", "learner.objective.name is custom:mine"),
        ("\"gbtree\"", "\"forest\"", "learner.gradient_booster.name is forest"),
        ("\"num_class\":\"0\",\"num_feature\":\"30\"", "\"num_class\":\"0\",\"num_feature\":\"3\"", "of 3"),
        (
            "\"num_class\":\"0\",\"num_feature\":\"30\"", "\"num_class\":\"0\",\"num_feature\":\"-1\"",
            "learner.learner_model_param.num_feature"
        ),
        ("\"base_score\":\"[", "\"base_score\":\"[7,", "base_score has 2 values for 1"),
        ("\"num_nodes\":\"", "\"num_nodes\":\"9", "trees[0].left_children has"),
        ("\"tree_info\":[0", "\"tree_info\":[5", "tree 0 adds to output 5 of 1"),
        ("\"left_children\":[1", "\"left_children\":[0.5", "trees[0].left_children[0] is 0.5"),
        ("\"left_children\":[1", "\"left_children\":[0", "node 0 leads to node 0, which is reached twice"),
        ("\"left_children\":[1", "\"left_children\":[99", "node 0 leads to node 99"),
    ])
    func `say which field of an XGBoost file is wrong`(found: String, instead: String, message: String) throws {
        let text = String(decoding: try Reference.named("xgboost-3.2-binary").bytes, as: UTF8.self)
        let place = try #require(text.range(of: found))
        let changed = text.replacingCharacters(in: place, with: instead)
        let error = try #require(throws: PredictionError.self) {
            try TreeModelFile.xgboost.predictor(Array(changed.utf8), name: "m", version: "1")
        }
        #expect(error.code == .invalidModel && error.message.contains(message), "\(error)")
    }

    /// Since 3.3 DART is a tree booster whose trees have weights.
    @Test func `read the weights of trees where newer releases of XGBoost keep them`() throws {
        let old = try Reference.named("xgboost-1.7-dart")
        let x = try old.values().x
        let root = try #require(try JSONValue(parsing: old.bytes).object)
        var learner = try #require(root["learner"]?.object)
        let booster = try #require(learner["gradient_booster"]?.object)
        var model = try #require(booster["gbtree"]?["model"]?.object)
        model["weight_drop"] = booster["weight_drop"]
        learner["gradient_booster"] = ["name": "gbtree", "model": .object(model)]
        let new = JSONValue.object(["version": [3, 5, 0], "learner": .object(learner)]).serialized()
        let predictor = try TreeModelFile.xgboost.predictor(new, name: "m", version: "1")
        #expect(try predictor.predict(x) == (try old.predictor().predict(x)))
    }
}
