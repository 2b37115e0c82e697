import NeuralNetworks
import Tensors
import Testing

/// Augmentation seen from outside: a network without weights that is asked to reproduce its changed input reports the
/// mean square of the change against the clean target.
@Suite struct `Image augmentation` {
    private func meanSquare(_ augmentation: ImageAugmentation?, seed: UInt64 = 1, image: [Float]) throws -> Double {
        let network = try Network(inputShape: [3, 3, 1], layers: [.flatten], weights: [:])
        let inputs = try Tensor(shape: [1, 3, 3, 1], elements: image)
        var trainer = Trainer()
        trainer.epochs = 1
        trainer.seed = seed
        trainer.augmentation = augmentation
        let examples = try TrainingExamples(inputs: inputs, targets: inputs.reshaped([1, 9]))
        return try trainer.train(network, on: examples, objective: .meanSquaredError).report.epochs[0].loss
    }

    private let point: [Float] = [0, 0, 0, 0, 9, 0, 0, 0, 0]

    @Test func `that changes nothing changes nothing`() throws {
        #expect(try meanSquare(nil, image: point) == 0)
        #expect(try meanSquare(ImageAugmentation(), image: point) < 1e-10)
        // A point in the middle is its own mirror image.
        #expect(try meanSquare(ImageAugmentation(mirrors: true), image: point) < 1e-10)
    }

    @Test func `turns an image the other way round in half of the cases`() throws {
        let left: [Float] = [0, 0, 0, 9, 0, 0, 0, 0, 0]
        // Mirrored, two of nine pixels are off by 9: 2 · 81 / 9.
        let changes = try (1...40).map { try meanSquare(ImageAugmentation(mirrors: true), seed: $0, image: left) }
        #expect(changes.allSatisfy { abs($0) < 1e-6 || abs($0 - 18) < 1e-3 })
        #expect(10...30 ~= changes.count { $0 > 1 })  // Binomial(40, 1/2): outside in 1 of 800 seeds
    }

    @Test func `moves, adds noise, and follows its seed`() throws {
        let shift = ImageAugmentation(shift: 1)
        let moved = try meanSquare(shift, image: point)
        #expect(moved > 0.1)
        #expect(try meanSquare(shift, image: point) == moved)
        #expect(try meanSquare(shift, seed: 2, image: point) != moved)
        let noise = try (1...50).map { try meanSquare(ImageAugmentation(noise: 2), seed: UInt64($0), image: point) }
        // The mean square of noise is its variance, 4; 450 values give it a standard error of 0.27.
        #expect(abs(noise.reduce(0, +) / 50 - 4) < 1.3)
    }

    @Test func `crops by whole pixels, fills what comes from outside, and wipes out a square`() throws {
        // A point in the middle moves by −1, 0 or 1 along each axis: it stays in the image, and in 1 of 9 in its place.
        let crops = try (1...90).map { try meanSquare(ImageAugmentation(crop: 1), seed: $0, image: point) }
        #expect(crops.allSatisfy { $0 == 0 || $0 == 18 })
        #expect(2...22 ~= crops.count { $0 == 0 })  // Binomial(90, 1/9): outside in 1 of 1,000 seeds
        let filled = try (1...40).map {
            try meanSquare(ImageAugmentation(crop: 1, fill: 3), seed: $0, image: [Float](repeating: 0, count: 9))
        }
        // Nothing, a row or a column (3 pixels), or both (5), of 9 pixels each 3² away.
        #expect(Set(filled) == [0, 3, 5])
        let wiped = try (1...40).map {
            try meanSquare(ImageAugmentation(cutout: 1, fill: 3), seed: $0, image: [Float](repeating: 0, count: 9))
        }
        #expect(Set(wiped) == [1])
    }
}
