import DriftDetection
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct Corruptions {
    static let images: Tensor<Float> = {
        var generator = SeededGenerator(seed: 1)
        return Tensor(vector: (0..<4 * 8 * 8).map { _ in Float(generator.uniform() * 16) }).withShape([4, 8, 8, 1])
    }()

    func distance(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Float {
        zip(a.elements, b.elements).reduce(0) { $0 + abs($1.0 - $1.1) }
    }

    @Test(arguments: Corruption.allCases)
    func `keeps shape and range, and is the same for a seed`(corruption: Corruption) throws {
        for severity in Corruption.severities {
            var (first, second) = (SeededGenerator(seed: 2), SeededGenerator(seed: 2))
            let result = try corruption.applied(to: Self.images, severity: severity, range: 0...16, using: &first)
            #expect(result.shape == Self.images.shape)
            #expect(result.elements.allSatisfy { (0...16).contains($0) })
            #expect(result != Self.images)
            #expect(
                try corruption.applied(to: Self.images, severity: severity, range: 0...16, using: &second) == result
            )
        }
    }

    @Test(arguments: [Corruption.gaussianNoise, .blur, .contrast, .brightness])
    func `grows with its severity`(corruption: Corruption) throws {
        let distances = try Corruption.severities.map { severity in
            var generator = SeededGenerator(seed: 2)
            return distance(
                Self.images,
                try corruption.applied(to: Self.images, severity: severity, range: 0...16, using: &generator)
            )
        }
        #expect(distances == distances.sorted())
    }

    @Test func `a turn moves a pixel as by hand, and back`() throws {
        // A bright pixel right of the centre of 5 × 5, turned 90° in six steps of 15° counter-clockwise, is above it.
        var image = Tensor<Float>(shape: [1, 5, 5], repeating: 0)
        image[2 * 5 + 4] = 1
        var generator = SeededGenerator(seed: 0)
        let turned = try Corruption.rotation.applied(to: image, severity: 3, range: 0...1, using: &generator)  // 45°
        // 2 pixels right at 45° is (√2, √2) up and right of the centre: nearest pixel row 1, column 3.
        #expect(turned.elements.indices.max { turned[$0] < turned[$1] } == 1 * 5 + 3)
    }

    @Test func `a constant image stays as it is under blur, contrast and turning within its frame`() throws {
        let flat = Tensor<Float>(shape: [1, 6, 6, 3], repeating: 5)
        var generator = SeededGenerator(seed: 0)
        for corruption in [Corruption.blur, .contrast] {
            let result = try corruption.applied(to: flat, severity: 5, range: 0...10, using: &generator)
            #expect(areClose(result.elements, flat.elements, absolute: 1e-5))
        }
    }

    @Test func `what is no image is refused, noise takes any row`() throws {
        var generator = SeededGenerator(seed: 0)
        let rows = Tensor<Float>(shape: [3, 5], repeating: 1)
        let error = try #require(throws: MethodError.self) {
            try Corruption.rotation.applied(to: rows, severity: 1, range: 0...1, using: &generator)
        }
        #expect(error.code == .shapeMismatch && error.message.contains("rotation"))
        #expect(
            try Corruption.gaussianNoise.applied(to: rows, severity: 1, range: 0...2, using: &generator).shape == [
                3, 5,
            ]
        )
        #expect(throws: MethodError.self) {
            try Corruption.blur.applied(to: Self.images, severity: 6, range: 0...16, using: &generator)
        }
    }
}
