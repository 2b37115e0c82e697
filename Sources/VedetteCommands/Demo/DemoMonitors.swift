/// What the demonstration fits: one detector of each kind, two for drift, and an explainer.
package struct DemoMonitors: Sendable {
    /// One folder to fit.
    package struct Recipe: Sendable {
        /// The service that runs it.
        package let service: String
        /// The monitor's name.
        package let name: String
        /// Its `config.toml` or `explainer.toml`.
        package let configuration: String
    }

    /// Rows in a window; windows do not overlap, so each look is at rows of its own.
    package static let windowSize = 50
    /// The rate at which the drift tests' own answers cry wrongly, for each look.
    package static let driftRate = 0.05
    /// The rate at which outlier and adversarial detectors flag clean rows.
    package static let flagRate = 0.05

    /// The recipes for a model.
    package static func recipes(model: String, settings: DemoSettings) -> [Recipe] {
        let window = """
            window = { size = \(windowSize), every = \(windowSize) }

            [alert]
            budget = "1 per 10m"              # a day of this demonstration lasts seconds
            min_effect = 0.1
            max_silence = "off"
            """
        return [
            Recipe(
                service: "drift-detector",
                name: "\(model)-answers",
                configuration: """
                    name = "KSDrift"                  # on each class's probability
                    p_val = \(driftRate)
                    seed = 7

                    [preprocess]
                    method = "model-output"
                    model = "\(model)"

                    [monitor]
                    model = "\(model)"
                    output = "probabilities"
                    \(window)
                    """
            ),
            Recipe(
                service: "drift-detector",
                name: "\(model)-images",
                configuration: """
                    name = "MMDDrift"                 # on the code of an autoencoder
                    p_val = \(driftRate)
                    n_permutations = 100
                    seed = 7

                    [preprocess]
                    method = "autoencoder"
                    enc_dim = 16

                    [split]
                    features = 0.4
                    reference = 0.6

                    [monitor]
                    model = "\(model)"
                    input = "image"
                    \(window.replacing("min_effect = 0.1", with: "min_effect = 0.02"))
                    """
            ),
            Recipe(
                service: "outlier-detector",
                name: "\(model)-strangers",
                configuration: """
                    name = "OutlierAE"
                    p_val = \(flagRate)
                    \(settings.strangers)
                    seed = 7

                    [split]
                    features = 0.6
                    calibration = 0.4

                    [monitor]
                    model = "\(model)"
                    input = "image"
                    \(window)
                    """
            ),
            Recipe(
                service: "adversarial-detector",
                name: "\(model)-attacks",
                configuration: """
                    name = "AdversarialAE"
                    p_val = \(flagRate)
                    \(settings.attacks)
                    seed = 7

                    [split]
                    features = 0.65
                    calibration = 0.35

                    [monitor]
                    model = "\(model)"
                    input = "image"
                    \(window)
                    """
            ),
            Recipe(
                service: "explainer",
                name: "\(model)-gradients",
                configuration: """
                    name = "IntegratedGradients"
                    n_steps = 50
                    baseline = "zeros"

                    [model]
                    name = "\(model)"
                    """
            ),
        ]
    }
}
