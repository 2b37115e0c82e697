import LinearAlgebra
import Statistics
import Tensors
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `Gaussian kernel matrix` {
    /// Sizes around those of a tile, 8 rows by 32 columns, and of a block of rows, one tile or two.
    static let sizes: [(n: Int, m: Int, d: Int)] = [(1, 1, 1), (7, 17, 3), (33, 31, 5), (70, 40, 64)]

    @Test(arguments: sizes)
    func `equals its definition, in double precision`(n: Int, m: Int, d: Int) throws {
        var generator = SeededGenerator(seed: 5)
        let a = try Tensor<Float>(shape: [n, d], elements: (0..<n * d).map { _ in Float(generator.normal()) })
        let b = try Tensor<Float>(shape: [m, d], elements: (0..<m * d).map { _ in Float(generator.normal()) })
        let gamma: Float = 0.5 / Float(d)
        let kernel = try KernelMatrix.gaussian(a, b, gamma: gamma)
        #expect(kernel.shape == [n, m])
        for row in 0..<n {
            for column in 0..<m {
                var distance = 0.0
                for index in 0..<d {
                    let difference = Double(a[row * d + index]) - Double(b[column * d + index])
                    distance += difference * difference
                }
                // A squared distance near 2d, from norms of about d, has an error of a few units of 2d · 2⁻²⁴.
                #expect(abs(Double(kernel[row * m + column]) - exp(-Double(gamma) * distance)) < 2e-6)
            }
        }
    }

    @Test(arguments: sizes)
    func `of several widths is the mean of theirs, block by block and into memory that is there`(
        n: Int,
        m: Int,
        d: Int
    ) throws {
        var generator = SeededGenerator(seed: 6)
        let a = try Tensor<Float>(shape: [n, d], elements: (0..<n * d).map { _ in Float(generator.normal()) })
        let b = try Tensor<Float>(shape: [m, d], elements: (0..<m * d).map { _ in Float(generator.normal()) })
        let gammas: [Float] = [0.1, 0.5, 2].map { $0 / Float(d) }
        var sums = [Float](repeating: 0, count: n * m)
        var kernel = Tensor<Float>(shape: [n, m], repeating: 7)
        for gamma in gammas {
            try KernelMatrix.gaussian(a, b, gamma: gamma, into: &kernel)
            #expect(kernel == (try KernelMatrix.gaussian(a, b, gamma: gamma)))
            for index in sums.indices { sums[index] += kernel[index] / 3 }
        }
        let kernels = try KernelMatrix(a, b, gammas: gammas, origin: [Float](repeating: 0.5, count: d))
        let block = UnsafeMutablePointer<Float>.allocate(capacity: m)
        defer { block.deallocate() }
        for row in 0..<n {
            kernels.fill(row..<row + 1, into: block)
            // Another origin and three roundings: a few units of 2d · 2⁻²⁴ again.
            for column in 0..<m { #expect(abs(block[column] - sums[row * m + column]) < 4e-6) }
        }
    }

    @Test func `refuses a target of another shape and names both`() throws {
        let a = Tensor<Float>(shape: [2, 3], repeating: 0)
        var target = Tensor<Float>(shape: [2, 3], repeating: 0)
        let error = try #require(throws: LinearAlgebraError.self) {
            try KernelMatrix.gaussian(a, a, gamma: 1, into: &target)
        }
        #expect(error.code == .shapeMismatch)
        #expect(error.message == "kernel matrix: [2, 2] by a target of [2, 3]")
    }

    @Test func `is 1 at distance 0 and NaN in the rows that hold NaN`() throws {
        let a = try Tensor<Float>(shape: [2, 2], elements: [1, 2, .nan, 0])
        let kernel = try KernelMatrix.gaussian(a, try a.rows(0..<1).reshaped([1, 2]), gamma: 1)
        #expect(kernel[0] == 1)
        #expect(kernel[1].isNaN)
    }

    @Test func `refuses rows of different sizes and says what to do`() throws {
        let a = Tensor<Float>(shape: [2, 3], repeating: 0)
        let error = try #require(throws: LinearAlgebraError.self) {
            try KernelMatrix.gaussian(a, Tensor<Float>(shape: [2, 4], repeating: 0), gamma: 1)
        }
        #expect(error.code == .shapeMismatch)
        #expect(!error.remedy.isEmpty)
    }
}
