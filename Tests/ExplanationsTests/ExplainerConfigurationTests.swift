import Explanations
import Methods
import Prediction
import Tensors
import TestSupport
import Testing

@Suite struct `Explainer configuration` {
    @Test func `reads every key`() throws {
        let configuration = try ExplainerConfiguration(
            parsing: """
                name = "IntegratedGradients"
                method = "gausslegendre"
                n_steps = 20
                internal_batch_size = 10
                baseline = "mean"
                target = 3
                background = "background.npy"
                [model]
                namespace = "vision"
                name = "digits"
                version = "2"
                input = "image"
                """
        )
        #expect(configuration.steps == 20 && configuration.batchSize == 10 && configuration.baseline == .mean)
        #expect(configuration.target == 3 && configuration.background == "background.npy")
        #expect(configuration.model?.namespace == "vision" && configuration.model?.name == "digits")
        #expect(configuration.model?.version == "2" && configuration.model?.input == "image")
    }

    @Test func `the documented example is read as it stands`() throws {
        let example = bytes(ofFile: path(of: "../../docs/reference/examples/explainer.toml"))
        let configuration = try ExplainerConfiguration(parsing: String(decoding: example, as: UTF8.self))
        #expect(configuration.model?.name == "digits" && configuration.background == "background.npy")
    }

    @Test func `fills in what is not said`() throws {
        let configuration = try ExplainerConfiguration(parsing: "name = \"IntegratedGradients\"")
        #expect(configuration.steps == 50 && configuration.batchSize == 100 && configuration.baseline == .zeros)
        #expect(configuration.target == nil && configuration.background == nil && configuration.model == nil)
        #expect(
            try ExplainerConfiguration(parsing: "name = \"IntegratedGradients\"\nbaseline = 16").baseline == .value(16)
        )
    }

    static let wrong: [(text: String, code: MethodError.Code, named: String)] = [
        ("name = \"AnchorTabular\"", .unknownMethod, "AnchorTabular"),
        ("name = \"IntegratedGradients\"\nsteps = 5", .unknownKey, "steps"),
        ("name = \"IntegratedGradients\"\n[model]\nname = \"m\"\nurl = \"x\"", .unknownKey, "url"),
        ("name = \"IntegratedGradients\"\n[model]\nversion = \"1\"", .invalidConfiguration, "name"),
        ("name = \"IntegratedGradients\"\nn_steps = 0", .invalidConfiguration, "n_steps"),
        ("name = \"IntegratedGradients\"\nbaseline = \"noise\"", .invalidConfiguration, "baseline"),
        ("name = \"IntegratedGradients\"\ntarget = -1", .invalidConfiguration, "target"),
        ("name = \"IntegratedGradients\"\nbackground = \"../rows.npy\"", .invalidConfiguration, "background"),
        ("name = \"IntegratedGradients\"\nmethod = \"riemann_left\"", .invalidConfiguration, "method"),
    ]

    @Test(arguments: wrong)
    func `what cannot be meant is an error that names it`(text: String, code: MethodError.Code, named: String) throws {
        let error = try #require(throws: MethodError.self) { try ExplainerConfiguration(parsing: text) }
        #expect(error.code == code)
        #expect(error.message.contains(named))
    }

    @Test func `a model without gradients is refused`() throws {
        struct Opaque: Predictor {
            let model = ModelDescription(name: "opaque", version: "1", inputs: [], outputs: [])
            func predict(_ batch: Tensor<Float>) -> Tensor<Float> { batch }
        }
        let configuration = try ExplainerConfiguration(parsing: "name = \"IntegratedGradients\"")
        let error = try #require(throws: MethodError.self) { try configuration.explainer(for: Opaque()) }
        #expect(error.code == .modelRequired && error.message.contains("opaque"))
    }
}
