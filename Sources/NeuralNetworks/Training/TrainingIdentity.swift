import JSON
import Tensors

/// Everything that a training's result follows from, by name: two trainings that agree in it end at the same weights.
public struct TrainingIdentity: Sendable, Hashable {
    /// A thing, by the name that an error gives it, and how it is.
    struct Trait: Sendable, Hashable {
        let name: String
        let value: String
    }

    let traits: [Trait]

    init(traits: [Trait]) {
        self.traits = traits
    }

    /// - Complexity: Reads all examples once.
    init(of trainer: Trainer, network: Network, examples: TrainingExamples) {
        var traits: [Trait] = [Trait(name: "input shape", value: "\(network.inputShape)")]
        for (index, layer) in network.layers.enumerated() {
            traits.append(Trait(name: "layer \(index + 1)", value: "\(layer)"))
        }
        traits += [
            Trait(name: "number of layers", value: "\(network.layers.count)"),
            Trait(name: "starting weights", value: Self.hash(network.ownedWeights())),
            Trait(name: "optimiser", value: "\(trainer.optimiser)"),
            Trait(name: "schedule", value: "\(trainer.schedule)"),
            Trait(name: "number of epochs", value: "\(trainer.epochs)"),
            Trait(name: "batch size", value: "\(trainer.batchSize)"),
            Trait(name: "accumulation", value: "\(trainer.accumulation)"),
            Trait(name: "clipping", value: trainer.clipping.map { "\($0)" } ?? "none"),
            Trait(name: "decay of biases", value: "\(trainer.decaysAll)"),
            Trait(name: "validation share", value: "\(trainer.validationShare)"),
            Trait(name: "patience", value: trainer.patience.map { "\($0)" } ?? "none"),
            Trait(name: "augmentation", value: trainer.augmentation.map { "\($0)" } ?? "none"),
            Trait(name: "seed", value: "\(trainer.seed)"),
            Trait(name: "shape of the examples", value: "\(examples.inputs.shape)"),
            Trait(name: "data set", value: Self.hash(examples)),
        ]
        self.traits = traits
    }

    /// Refuses a checkpoint of another training.
    ///
    /// - Throws: `.foreignCheckpoint` naming the first thing in which they differ, and how it is on both sides.
    func require(_ other: TrainingIdentity) throws(NeuralNetworkError) {
        let theirs = Dictionary(other.traits.map { ($0.name, $0.value) }) { first, _ in first }
        for trait in traits where theirs[trait.name] != trait.value {
            throw NeuralNetworkError(
                .foreignCheckpoint,
                "the checkpoint's \(trait.name) is \(theirs[trait.name] ?? "not there") and this training's is \(trait.value)",
                remedy: "Resume with the settings and the data of the training that was stopped, or begin anew"
            )
        }
    }

    // MARK: Fingerprints

    private static func hash(_ examples: TrainingExamples) -> String {
        var hash = Fingerprint()
        examples.inputs.withUnsafeBufferPointer { hash.add($0) }
        examples.targets?.withUnsafeBufferPointer { hash.add($0) }
        return hash.text
    }

    private static func hash(_ buffer: WeightBuffer) -> String {
        var hash = Fingerprint()
        hash.add(UnsafeBufferPointer(start: buffer.base, count: buffer.count))
        return hash.text
    }

    /// FNV-1a over the bits of floats, a float at a time: tells data apart that differ by accident, not by malice.
    ///
    /// Source: G. Fowler, L. C. Noll, K.-P. Vo and D. Eastlake, RFC 9923.
    private struct Fingerprint {
        private var state: UInt64 = 0xcbf2_9ce4_8422_2325

        mutating func add(_ values: UnsafeBufferPointer<Float>) {
            for value in values { state = (state ^ UInt64(value.bitPattern)) &* 0x0000_0100_0000_01b3 }
        }

        var text: String { String(state, radix: 16) }
    }
}

extension TrainingIdentity {
    var json: JSONValue {
        var object = JSONObject()
        for trait in traits { object[trait.name] = .string(trait.value) }
        return .object(object)
    }

    init?(json: JSONValue?) {
        guard let object = json?.object else { return nil }
        var traits: [Trait] = []
        for (name, value) in object {
            guard let value = value.string else { return nil }
            traits.append(Trait(name: name, value: value))
        }
        self.init(traits: traits)
    }
}
