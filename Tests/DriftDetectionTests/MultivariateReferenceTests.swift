import DriftDetection
import JSON
import LinearAlgebra
import Methods
import Tensors
import TestSupport
import Testing

/// Values of alibi-detect's PyTorch backend on digits, wine and breast cancer, in double precision.
@Suite struct `Joint drift statistics` {
    private func cases() throws -> [JSONValue] {
        try #require(ReferenceValues.read("multivariate")["cases"]?.array)
    }

    private func tables(_ entry: JSONValue) throws -> (reference: Tensor<Float>, window: Tensor<Float>, name: Comment) {
        let columns = try #require(entry["columns"]?.int)
        return (
            Fixture.matrix(entry["reference"], columns: columns), Fixture.matrix(entry["window"], columns: columns),
            Comment(rawValue: entry["name"]?.string ?? "")
        )
    }

    @Test func `MMD and its p-value are alibi-detect's`() throws {
        #expect(try cases().count == 6)
        for entry in try cases() {
            let (reference, window, name) = try tables(entry)
            let expected = try #require(entry["sigma"]?.double)
            let kernel = SimilarityKernel(.gaussian, medianOf: reference, seed: 0)
            #expect(isClose(Double(kernel.sigmas[0]), expected, relative: 1e-6), name)
            let test = try MMDDrift(
                reference: reference,
                kernel: kernel,
                parameters: Fixture.parameters("MMDDrift", "n_permutations = 20000")
            )
            let result = try test.test(window, level: 0.05, using: 1)
            #expect(isClose(result.distances[0], try #require(entry["mmd2"]?.double), absolute: 1e-6), name)
            // Two Monte Carlo shares of 20,000: five standard errors of their difference.
            let p = try #require(entry["p_val"]?.double)
            #expect(abs(result.pValue - p) < 5 * (2 * p * (1 - p) / 20_000).squareRoot() + 1e-4, name)
        }
    }

    @Test func `several widths, the rational quadratic and the Laplacian kernel give the reference's MMD`() throws {
        for entry in try cases() {
            let (reference, window, name) = try tables(entry)
            func distance(_ kernel: SimilarityKernel) throws -> Double {
                let parameters = try Fixture.parameters("MMDDrift")
                let test = try MMDDrift(reference: reference, kernel: kernel, parameters: parameters)
                return try test.test(window, level: 0.05, using: 1).distances[0]
            }
            let widths = Fixture.numbers(entry["several"]?["sigma"]).map { Float($0) }
            let several = try distance(SimilarityKernel(sigmas: widths))
            #expect(isClose(several, try #require(entry["several"]?["mmd2"]?.double), absolute: 1e-6), name)
            let sigma = Float(try #require(entry["sigma"]?.double))
            let quadratic = try distance(SimilarityKernel(.rationalQuadratic(alpha: 0.5), sigmas: [sigma]))
            #expect(
                isClose(quadratic, try #require(entry["rational_quadratic"]?["mmd2"]?.double), absolute: 1e-6),
                name
            )
            let scale = Float(try #require(entry["laplacian"]?["sigma"]?.double))
            let laplacian = try distance(SimilarityKernel(.laplacian, sigmas: [scale]))
            #expect(isClose(laplacian, try #require(entry["laplacian"]?["mmd2"]?.double), absolute: 1e-6), name)
        }
    }

    @Test func `LSDD with the same centres, and its p-value, are alibi-detect's`() throws {
        for entry in try cases() {
            let (reference, window, name) = try tables(entry)
            let rows = try #require(entry["lsdd"]?["centre_rows"]?.array).compactMap(\.int)
            let scaling = Scaling(fittedTo: reference)
            let kernel = SimilarityKernel(.gaussian, medianOf: scaling.scaled(reference), seed: 0)
            #expect(
                isClose(Double(kernel.sigmas[0]), try #require(entry["lsdd"]?["sigma"]?.double), relative: 1e-5),
                name
            )
            let map = CentreKernels(
                centres: scaling.scaled(reference.selectingRows(rows)),
                scaling: scaling,
                kernel: kernel
            )
            let others = reference.selectingRows((0..<reference.rows).filter { !rows.contains($0) })
            let test = try LSDDDrift(
                reference: others,
                map: map,
                referenceSum: try FeatureSums.total(others, map),
                parameters: try Fixture.parameters("LSDDDrift", "n_permutations = 5000")
            )
            let result = try test.test(window, level: 0.05, using: 1)
            let expected = try #require(entry["lsdd"]?["distance"]?.double)
            #expect(isClose(result.distances[0], expected, absolute: 1e-6), name)
            let p = try #require(entry["lsdd"]?["p_val"]?.double)
            #expect(abs(result.pValue - p) < 5 * (2 * p * (1 - p) / 5_000).squareRoot() + 4e-4, name)
        }
    }
}
