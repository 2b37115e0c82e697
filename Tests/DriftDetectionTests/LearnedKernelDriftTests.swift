import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Learned kernel` {
    private static func cases() throws -> [JSONValue] {
        let cases = try #require(ReferenceValues.read("learned-kernel")["cases"]?.array)
        #expect(cases.count >= 3)
        return cases
    }

    private struct Case {
        let x: Tensor<Float>
        let y: Tensor<Float>
        let sizes: [Int]
        let eps: Double?
        let parameters: [Double]
        let power: KernelPower

        init(_ entry: JSONValue) throws {
            sizes = (entry["sizes"]?.array ?? []).compactMap(\.int)
            x = Fixture.matrix(entry["x"], columns: sizes[0])
            y = Fixture.matrix(entry["y"], columns: sizes[0])
            eps = entry["eps"]?.double
            parameters = Fixture.numbers(entry["parameters"])
            power = try KernelPower(
                rows: try #require(entry["rows"]?.int),
                sizes: sizes,
                fixedShare: eps,
                regularisation: try #require(entry["var_reg"]?.double)
            )
        }
    }

    @Test func `has the objective and the gradient of alibi-detect's`() throws {
        for entry in try Self.cases() {
            let kernel = try Case(entry)
            let found = try kernel.power.evaluate(kernel.x, kernel.y, parameters: kernel.parameters)
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            // Single precision: a difference of means of kernel values, over a root of a difference of squares.
            let expected = try #require(entry["value"]?.double)
            #expect(
                isClose(found.value, expected, absolute: 2e-4, relative: 2e-4),
                "\(name) \(found.value) \(expected)"
            )
            let gradient = Fixture.numbers(entry["gradient"])
            let size = gradient.map(abs).max() ?? 0
            #expect(areClose(found.gradient, gradient, absolute: 1e-3 * size, relative: 1e-3), name)
            // Asked again it says the same: a graph is run many times.
            let again = try kernel.power.evaluate(kernel.x, kernel.y, parameters: kernel.parameters)
            #expect(again.value == found.value && again.gradient == found.gradient)
        }
    }

    @Test func `has the gradient that differences of the objective have`() throws {
        let kernel = try Case(try Self.cases()[0])
        let found = try kernel.power.evaluate(kernel.x, kernel.y, parameters: kernel.parameters)
        let size = found.gradient.map(abs).max() ?? 0
        for index in stride(from: 0, to: kernel.parameters.count, by: 7) + [kernel.parameters.count - 1] {
            func value(_ step: Double) throws -> Double {
                var moved = kernel.parameters
                moved[index] += step
                return try kernel.power.evaluate(kernel.x, kernel.y, parameters: moved).value
            }
            let slope = try (value(5e-3) - value(-5e-3)) / 1e-2
            #expect(isClose(found.gradient[index], slope, absolute: 0.03 * size), "\(index)")
        }
    }

    @Test func `learns as PyTorch's Adam does, to alibi-detect's statistic`() throws {
        for entry in try Self.cases() {
            let start = try Case(entry)
            let trained = try #require(entry["trained"])
            var parameters = start.parameters
            var adam = Adam(
                learningRate: try #require(trained["learning_rate"]?.double),
                count: parameters.count
            )
            for _ in 0..<(trained["steps"]?.int ?? 0) {
                let found = try start.power.evaluate(start.x, start.y, parameters: parameters)
                adam.step(&parameters, gradient: found.gradient.map { -$0 })
            }
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            // The last layer's bias moves all features alike and has the gradient 0: rounding alone decides where Adam
            // takes it.
            let bias = parameters.count - 3 - (start.sizes.last ?? 0)..<parameters.count - 3
            var expectedParameters = Fixture.numbers(trained["parameters"])
            for index in bias { expectedParameters[index] = parameters[index] }
            #expect(areClose(parameters, expectedParameters, absolute: 2e-5), name)
            let value = try start.power.evaluate(start.x, start.y, parameters: parameters).value
            let expected = try #require(trained["value"]?.double)
            #expect(isClose(value, expected, absolute: 2e-4, relative: 2e-4), "\(name) \(value) \(expected)")
            let kernel = DeepKernel(
                sizes: start.sizes,
                fixedShare: start.eps,
                parameters: Fixture.numbers(trained["parameters"])
            )
            let sample = try kernel.pooled(reference: start.x, window: start.y)
            let membership = [Float](repeating: 0, count: start.x.rows) + [Float](repeating: 1, count: start.y.rows)
            let squared = Discrepancy.squared(sample.sums(memberships: membership, count: 1), 0, sample)
            #expect(isClose(squared, try #require(trained["mmd2"]?.double), absolute: 2e-6), name)
        }
    }
}

@Suite struct LearnedKernelDriftTests {
    /// Nine clusters of two columns each, in which the columns go together, or not: seen from afar all is as it was.
    static func blobs(_ count: Int, correlation: Double, seed: UInt64) -> Tensor<Float> {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<count).flatMap { _ -> [Float] in
            let centre = (6 * Double(generator.index(below: 3)), 6 * Double(generator.index(below: 3)))
            let a = generator.normal()
            let b = correlation * a + (1 - correlation * correlation).squareRoot() * generator.normal()
            return [Float(centre.0 + a), Float(centre.1 + b)]
        }
        return Tensor(vector: values).withShape([count, 2])
    }

    @Test func `finds what is new and leaves alone what is not, and is the same after saving`() throws {
        let test = try Fixture.fittedTest("LearnedKernelDrift", Self.blobs(400, correlation: 0, seed: 1), "seed = 3")
        let window = Self.blobs(400, correlation: 0.95, seed: 2)
        let moved = try test.test(window, level: 0.05, using: 3)
        #expect(moved.isDrift && moved.jointly && moved.effect.name == "mmd", "\(moved)")
        #expect(moved.distances[0] > (moved.distanceThreshold ?? .infinity))
        #expect(moved.details["kernel_eps"]?.count == 1 && moved.details["kernel_sigma"]?.allSatisfy { $0 > 0 } == true)
        #expect(moved == (try test.test(window, level: 0.05, using: 3)))
        let same = try test.test(Self.blobs(200, correlation: 0, seed: 4), level: 0.05, using: 3)
        #expect(!same.isDrift, "\(same.pValue)")
    }

    @Test func `keeps the level, and sees what a fixed kernel does not`() throws {
        var (clean, learned, fixed) = (0, 0, 0)
        let runs = 30
        for run in 0..<runs {
            let seed = UInt64(10 * run)
            let reference = Self.blobs(400, correlation: 0, seed: seed)
            let test = try LearnedKernelDrift(
                reference: reference,
                parameters: Fixture.parameters("LearnedKernelDrift")
            )
            if try test.test(Self.blobs(200, correlation: 0, seed: seed + 1), level: 0.05, using: seed).isDrift {
                clean += 1
            }
            let window = Self.blobs(400, correlation: 0.95, seed: seed + 2)
            if try test.test(window, level: 0.05, using: seed).isDrift { learned += 1 }
            let mmd = try Fixture.maximumMeanDiscrepancy(reference)
            if try mmd.test(window, level: 0.05, using: seed).isDrift { fixed += 1 }
        }
        #expect(Double(clean) <= 0.05 * Double(runs) + 4 * (0.05 * 0.95 * Double(runs)).squareRoot(), "\(clean)")
        #expect(learned > 2 * fixed && learned > runs / 2, "\(learned) \(fixed)")
    }

    @Test func `knows the edges`() throws {
        let parameters = try Fixture.parameters("LearnedKernelDrift", "epochs = 2")
        #expect(throws: MethodError.self) {
            try LearnedKernelDrift(reference: Fixture.normal(7, 2, seed: 1), parameters: parameters)
        }
        var broken = Fixture.normal(20, 2, seed: 1)
        broken[3] = .nan
        #expect(throws: MethodError.self) { try LearnedKernelDrift(reference: broken, parameters: parameters) }
        let test = try LearnedKernelDrift(reference: Fixture.normal(40, 2, seed: 1), parameters: parameters)
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(7, 2, seed: 2), level: 0.05, using: 1) }
        #expect(throws: MethodError.self) { try test.test(Fixture.normal(20, 3, seed: 2), level: 0.05, using: 1) }
        let few = try test.test(broken, level: 0.05, using: 1)
        #expect(few.excludedRows == 1 && few.pValue > 0)
        let constant = try LearnedKernelDrift(
            reference: Tensor(shape: [30, 2], repeating: 1),
            parameters: parameters
        )
        let still = try constant.test(Tensor(shape: [16, 2], repeating: 1), level: 0.05, using: 1)
        #expect(still.pValue == 1 && !still.isDrift)
        #expect(try constant.test(Tensor(shape: [40, 2], repeating: 2), level: 0.05, using: 1).isDrift)
        // Only the network's kernel, or only that of the rows.
        for eps in [0, 1] {
            let one = try LearnedKernelDrift(
                reference: Fixture.normal(80, 2, seed: 1),
                parameters: Fixture.parameters("LearnedKernelDrift", "eps = \(eps)\nepochs = 5\nhidden = [4]")
            )
            #expect(try one.test(Fixture.normal(80, 2, shift: 2, seed: 2), level: 0.05, using: 1).isDrift)
        }
    }
}
