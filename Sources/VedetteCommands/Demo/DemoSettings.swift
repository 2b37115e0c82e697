package import NativeModels

/// What the demonstration sets by the kind of its images.
///
/// A few hundred digits of 64 values teach an autoencoder of a few components; photographs of 3,072 values need more of
/// them, and a residual net to tell what they show.
package struct DemoSettings: Sendable {
    /// The classifier's layers, and the passes over its training rows.
    package let architecture: Architecture
    package let epochs: Int
    /// How far an attack moves a value at most, as a share of its range.
    package let epsilon: Float
    /// Keys of the outlier detector's autoencoder.
    package let strangers: String
    /// Keys of the adversarial detector's autoencoder.
    package let attacks: String

    /// The settings for images of a shape.
    package static func suited(to rowShape: [Int]) -> DemoSettings { rowShape[0] < 16 ? figures : photographs }

    private static let figures = DemoSettings(
        architecture: .cnn,
        epochs: 40,
        epsilon: 0.15,
        strangers: """
            architecture = "dense"
            enc_dim = 16
            epochs = 100
            batch_size = 32
            """,
        attacks: """
            w_model = 1.0
            w_recon = 1.0
            architecture = "dense"            # linear: a few hundred rows fit no more
            hidden = []
            enc_dim = 24
            epochs = 100
            batch_size = 32
            """
    )

    private static let photographs = DemoSettings(
        architecture: .resnet,
        epochs: 10,
        epsilon: 0.02,
        strangers: """
            architecture = "dense"
            enc_dim = 32
            epochs = 30
            batch_size = 64
            """,
        attacks: """
            w_model = 0.0                     # training through the residual net would take eight times as long
            w_recon = 1.0
            architecture = "dense"            # linear: its components are smooth, an attack's changes are not
            hidden = []
            enc_dim = 512                     # fewer blur the images so far that the net no longer knows them
            epochs = 80
            batch_size = 64
            """
    )
}
