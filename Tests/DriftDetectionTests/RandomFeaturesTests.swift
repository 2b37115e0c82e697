import DriftDetection
import LinearAlgebra
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `MMD by random features` {
    private func test(
        _ reference: Tensor<Float>,
        _ kernel: SimilarityKernel,
        width: Int,
        _ keys: String = ""
    ) throws -> MMDDrift {
        try MMDDrift(
            reference: reference,
            kernel: kernel,
            approximation: MMDDrift.Approximation(kernel, width: width, reference: reference, seed: 3),
            parameters: Fixture.parameters("MMDDrift", keys)
        )
    }

    @Test(arguments: [KernelForm.gaussian, .laplacian, .rationalQuadratic(alpha: 2)])
    func `inner products are the kernel, up to one over the root of their number`(form: KernelForm) throws {
        let rows = Fixture.normal(40, 5, seed: 1)
        let kernel = SimilarityKernel(form, sigmas: [2, 4])
        let features = RandomFeatures(kernel, size: 5, width: 8192, origin: [1, 0, 0, 2, 0], seed: 5)
        let values = UnsafeMutablePointer<Float>.allocate(capacity: 40 * features.width)
        defer { values.deallocate() }
        try features.fill(rows, into: values)
        let gammas: [Float] = form == .laplacian ? [0.5, 0.25] : [1.0 / 8, 1.0 / 32]
        let matrix = try KernelMatrix(rows, rows, form: form, gammas: gammas)
        let expected = UnsafeMutablePointer<Float>.allocate(capacity: 1600)
        defer { expected.deallocate() }
        matrix.fill(expected)
        for first in 0..<40 {
            for second in 0..<40 {
                var product = 0.0
                for index in 0..<features.width {
                    product += Double(values[first * features.width + index] * values[second * features.width + index])
                }
                // Standard error at most 1/√(2 · 4096) = 0.011; five of them.
                #expect(abs(product - Double(expected[first * 40 + second])) < (first == second ? 1e-4 : 0.056))
            }
        }
    }

    @Test func `the statistic is that of the exact test up to the features' error, and effects agree`() throws {
        let reference = Fixture.normal(300, 4, seed: 1)
        let window = Fixture.normal(120, 4, shift: 0.4, seed: 2)
        let kernel = SimilarityKernel(.gaussian, medianOf: reference, seed: 0)
        let exact = try MMDDrift(
            reference: reference,
            kernel: kernel,
            parameters: Fixture.parameters("MMDDrift")
        ).test(window, level: 0.05, using: 4)
        let linear = try test(reference, kernel, width: 16_384).test(window, level: 0.05, using: 4)
        #expect(isClose(linear.distances[0], exact.distances[0], relative: 0.05))
        #expect(isClose(linear.effect.low, exact.effect.low, relative: 0.1))
        #expect(isClose(linear.effect.high, exact.effect.high, relative: 0.1))
        #expect(isClose(linear.distanceThreshold ?? 0, exact.distanceThreshold ?? 1, relative: 0.1))
        #expect(linear.isDrift && exact.isDrift)
    }

    @Test func `keeps its level with few features, and equal rows are no drift`() throws {
        var flagged = 0
        for index in 0..<300 {
            let reference = Fixture.normal(60, 4, seed: UInt64(1000 + index))
            let test = try test(reference, SimilarityKernel(.gaussian, medianOf: reference, seed: 0), width: 16)
            let window = Fixture.normal(30, 4, seed: UInt64(5000 + index))
            if try test.test(window, level: 0.05, using: UInt64(index)).isDrift { flagged += 1 }
        }
        // 99.99 % quantile of Binomial(300, 0.05) is 31; a test that never fires would give 0.
        #expect((3...31).contains(flagged), "\(flagged) of 300")
        let constant = Tensor<Float>(shape: [30, 2], repeating: 4)
        let equal = try test(constant, SimilarityKernel(sigmas: [1]), width: 64)
        #expect(try equal.test(constant.rows(0..<10), level: 0.05, using: 0).pValue == 1)
    }

    @Test func `gives the same numbers when it is loaded`() throws {
        let directory = TemporaryDirectory()
        let configuration = try MonitorConfiguration(
            parsing: "name = \"MMDDrift\"\nrandom_features = 128\nkernel = \"laplacian\"",
            catalog: Fixture.catalog
        )
        let report = try Fitting.fit(
            configuration,
            catalog: Fixture.catalog,
            rows: Fixture.normal(200, 3, seed: 1),
            output: directory.file("monitor")
        )
        let window = Fixture.normal(50, 3, shift: 0.4, seed: 2)
        let loaded = try Fixture.catalog.load(Artefact(reading: directory.file("monitor"), catalog: Fixture.catalog))
        guard case .window(let first) = report.monitor.method, case .window(let second) = loaded.method else { return }
        #expect(try first.test(window, level: 0.01, using: 3) == second.test(window, level: 0.01, using: 3))
    }
}
