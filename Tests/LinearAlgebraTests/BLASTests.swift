import JSON
import LinearAlgebra
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Matrices beside numpy` {
    static func matrix(_ name: String, _ shape: [Int]) throws -> Tensor<Double> {
        let values = try #require(ReferenceValues.read("matrices")[name]?.array).compactMap(\.double)
        return try Tensor(shape: shape, elements: values)
    }

    @Test func `products, plain and transposed, in both precisions`() throws {
        let (a, b) = (try Self.matrix("a", [3, 4]), try Self.matrix("b", [4, 5]))
        let product = try Self.matrix("product", [3, 5])
        #expect(areClose(try BLAS.matmul(a, b).elements, product.elements, absolute: 1e-14))
        let (at, bt) = (a.axesReversed, b.axesReversed)
        #expect(areClose(try BLAS.matmul(at, bt, .transposed, .transposed).elements, product.elements, absolute: 1e-14))
        let single = try BLAS.matmul(
            a.converted(to: Float.self),
            bt.converted(to: Float.self),
            .plain,
            .transposed,
            alpha: 2
        )
        let doubled = try product.map { 2 * $0 }.converted(to: Float.self)
        #expect(areClose(single.elements, doubled.elements, absolute: 4e-6))
        var sum = try Tensor<Double>(shape: [3, 5], elements: Array(repeating: 1, count: 15))
        try BLAS.multiply(a, b, alpha: 1, beta: 10, into: &sum)
        #expect(areClose(sum.elements, product.elements.map { $0 + 10 }, absolute: 1e-14))
    }

    @Test func `matrix by vector and dot product`() throws {
        let a = try Tensor<Float>(shape: [2, 3], elements: [1, 2, 3, 4, 5, 6])
        let x = try Tensor<Float>(shape: [3], elements: [1, 0, -1])
        let y = try Tensor<Float>(shape: [2], elements: [1, 1])
        #expect(try BLAS.matvec(a, x).elements == [-2, -2])
        #expect(try BLAS.matvec(a, y, .transposed).elements == [5, 7, 9])
        #expect(try BLAS.dot(a, a) == 91)
        var target: [Float] = [1, 1]
        a.withUnsafeBufferPointer { Float.axpy(2, alpha: 3, $0.baseAddress!, &target) }
        #expect(target == [4, 7])
        a.withUnsafeBufferPointer { matrix in
            x.withUnsafeBufferPointer { vector in
                Float.gemv(
                    .plain,
                    rows: 2,
                    columns: 3,
                    alpha: 1,
                    a: matrix.baseAddress!,
                    strideA: 3,
                    x: vector.baseAddress!,
                    beta: 0,
                    y: &target
                )
            }
        }
        #expect(target == [-2, -2])
    }

    @Test func `products with an empty side are empty or zero`() throws {
        let none = Tensor<Float>(shape: [0, 3], repeating: 0)
        let some = Tensor<Float>(shape: [3, 2], repeating: 1)
        #expect(try BLAS.matmul(none, some).shape == [0, 2])
        let noInner = try BLAS.matmul(
            Tensor<Float>(shape: [2, 0], repeating: 0),
            Tensor<Float>(shape: [0, 3], repeating: 0)
        )
        #expect(noInner.elements == [0, 0, 0, 0, 0, 0])
    }

    @Test func `a product of shapes that do not fit says which`() throws {
        let a = Tensor<Float>(shape: [3, 4], repeating: 0)
        let b = Tensor<Float>(shape: [5, 2], repeating: 0)
        let error = try #require(throws: LinearAlgebraError.self) { try BLAS.matmul(a, b) }
        #expect(error.code == .shapeMismatch)
        #expect(error.message == "matmul: [3, 4] by [5, 2], inner sizes 4 and 5 differ")
        #expect(throws: LinearAlgebraError.self) { try BLAS.matmul(a, Tensor<Float>(shape: [4], repeating: 0)) }
        #expect(throws: LinearAlgebraError.self) { try BLAS.dot(a, b) }
    }

    @Test func `squared distances, far from the origin too`() throws {
        let (rows, others) = (try Self.matrix("rows", [6, 4]), try Self.matrix("others", [5, 4]))
        let expected = try Self.matrix("squaredDistances", [6, 5])
        #expect(areClose(try PairwiseDistances.squared(rows, others).elements, expected.elements, absolute: 1e-11))
        let single = try PairwiseDistances.squared(rows.converted(to: Float.self), others.converted(to: Float.self))
        // Without moving the origin, 4 · 100² would leave an error of 4e−3.
        #expect(areClose(single.elements.map(Double.init), expected.elements, absolute: 5e-5, relative: 1e-5))
        let own = try PairwiseDistances.squared(rows, rows)
        #expect((0..<6).allSatisfy { own[$0 * 6 + $0] < 1e-11 })
        #expect(throws: LinearAlgebraError.self) { try PairwiseDistances.squared(rows, expected) }
    }

    @Test func `a missing value spoils the distances of its own row only`() throws {
        let rows = try Tensor<Float>(shape: [2, 2], elements: [1, 2, .nan, 0])
        let distances = try PairwiseDistances.squared(rows, rows)
        #expect(distances[0] == 0)
        #expect(distances[1].isNaN && distances[2].isNaN && distances[3].isNaN)
    }

    @Test func `eigenvalues and eigenvectors of a symmetric matrix`() throws {
        let matrix = try Self.matrix("symmetric", [4, 4])
        let eigen = try SymmetricEigen(of: matrix)
        #expect(areClose(eigen.values, try Self.matrix("eigenvalues", [4]).elements, absolute: 1e-13))
        for (row, value) in eigen.values.enumerated() {
            let vector = eigen.vectors[row: row]
            let image = try BLAS.matvec(matrix, vector)
            #expect(areClose(image.elements, vector.elements.map { $0 * value }, absolute: 1e-13))
            #expect(isClose(try BLAS.dot(vector, vector), 1, absolute: 1e-14))
            #expect(try #require(vector.elements.max { abs($0) < abs($1) }) > 0)
        }
        #expect(throws: LinearAlgebraError.self) { try SymmetricEigen(of: Tensor(shape: [2, 3], repeating: 1)) }
        #expect(throws: LinearAlgebraError.self) { try SymmetricEigen(of: Tensor(shape: [1, 1], repeating: .nan)) }
        #expect(try SymmetricEigen(of: Tensor(shape: [0, 0], repeating: 0)).values == [])
    }

    @Test func `Cholesky factors, solves and gives the determinant`() throws {
        let cholesky = try Cholesky(of: Self.matrix("symmetric", [4, 4]))
        #expect(areClose(cholesky.lower.elements, try Self.matrix("lower", [4, 4]).elements, absolute: 1e-13))
        let solution = try cholesky.solve(Self.matrix("right", [2, 4]))
        #expect(areClose(solution.elements, try Self.matrix("solution", [2, 4]).elements, absolute: 1e-11))
        let one = try cholesky.solve(Self.matrix("right", [2, 4])[row: 1])
        #expect(areClose(one.elements, solution[row: 1].elements, absolute: 1e-12))
        let determinant = try #require(ReferenceValues.read("matrices")["logDeterminant"]?.double)
        #expect(isClose(cholesky.logDeterminant, determinant, absolute: 1e-12))
        let indefinite = try Tensor<Double>(shape: [2, 2], elements: [1, 2, 2, 1])
        let error = try #require(throws: LinearAlgebraError.self) { try Cholesky(of: indefinite) }
        #expect(error.code == .notSolvable)
    }
}

@Suite struct `Splitting rows over cores` {
    @Test(arguments: [(0, 1), (1, 1), (7, 3), (64, 64), (65, 64), (1_000, 1)])
    func `visits each row once, in parts that start at whole grains`(count: Int, grain: Int) {
        let visits = UnsafeMutablePointer<Int>.allocate(capacity: max(count, 1))
        defer { visits.deallocate() }
        visits.initialize(repeating: 0, count: count)
        Parallel.rows(count, grain: grain) { range in
            for row in range { visits[row] += range.lowerBound.isMultiple(of: grain) ? 1 : 1_000 }
        }
        #expect((0..<count).allSatisfy { visits[$0] == 1 })
    }
}
