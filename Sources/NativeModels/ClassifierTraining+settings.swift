import NeuralNetworks

extension ClassifierTraining {
    /// A training with the settings that suit a kind of rows.
    ///
    /// - Parameters:
    ///   - rowShape: The shape of one row.
    ///   - scale: The lowest and the highest value of a pixel; `nil` for table rows, which are never changed at random.
    ///   - epochs: `nil` for as many as suit the rows.
    public static func suited(
        to rowShape: [Int],
        scale: ClosedRange<Float>?,
        name: String,
        architecture: Architecture,
        classes: [String],
        epochs: Int? = nil,
        seed: UInt64 = 0
    ) -> ClassifierTraining {
        var training = ClassifierTraining(
            name: name,
            architecture: architecture,
            classes: classes,
            epochs: epochs ?? 30,
            seed: seed
        )
        guard let scale, rowShape.count == 3 else { return training }
        let side = min(rowShape[0], rowShape[1])
        guard side >= 32 else {
            // Figures and letters: a mirror image would be another one.
            training.augmentation = ImageAugmentation(
                shift: Float(side) / 10,
                rotation: 10,
                zoom: 0.1,
                fill: scale.lowerBound
            )
            return training
        }
        training.augmentation = ImageAugmentation(
            crop: side / 8,
            mirrors: true,
            cutout: side / 4,
            fill: (scale.lowerBound + scale.upperBound) / 2
        )
        guard architecture != .mlp else { return training }
        // Large rates are what make few epochs suffice, and normalised layers bear them.
        training.trainer.epochs = epochs ?? 24
        training.trainer.batchSize = 128
        training.trainer.optimiser = .gradientDescent(
            learningRate: 0.1,
            momentum: 0.9,
            nesterov: true,
            weightDecay: 5e-4
        )
        training.trainer.schedule = .oneCycle(rise: 0.25)
        training.labelSmoothing = 0.1
        return training
    }
}
