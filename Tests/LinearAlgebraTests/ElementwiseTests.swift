import LinearAlgebra
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

// The C library's functions in Double, by names that Elementwise does not have.
private func exactExp(_ x: Double) -> Double { exp(x) }
private func exactLog(_ x: Double) -> Double { log(x) }
private func exactTanh(_ x: Double) -> Double { tanh(x) }

@Suite struct `Element-wise functions` {
    /// All signs and sizes, denormals among them: every 4,099th bit pattern (a prime, so that all low bits occur).
    static let everywhere: [Float] = stride(from: UInt32(0), to: 0xFFFF_F000, by: 4_099).map(Float.init(bitPattern:))

    /// The largest difference from the exact value, in units in the last place of that value.
    static func largestError(_ x: [Float], _ y: [Float], _ exact: (Double) -> Double) -> Double {
        zip(x, y).reduce(0) { worst, pair in
            let expected = exact(Double(pair.0))
            let rounded = Float(expected)
            if rounded.isNaN || pair.1.isNaN { return rounded.isNaN && pair.1.isNaN ? worst : .infinity }
            if rounded.isInfinite || pair.1.isInfinite { return rounded == pair.1 ? worst : .infinity }
            return max(worst, abs(Double(pair.1) - expected) / Double(rounded.ulp))
        }
    }

    static func apply(_ function: (Tensor<Float>) -> Tensor<Float>, _ x: [Float]) throws -> [Float] {
        function(try Tensor(shape: [x.count], elements: x)).elements
    }

    @Test func `exp, log, tanh and sigmoid are within 2 units in the last place of every kind of number`() throws {
        let x = Self.everywhere
        let within = (-110_000..<110_000).map { Float($0) / 1_000 }  // where exp, tanh and sigmoid are not constant
        #expect(Self.largestError(x, try Self.apply(Elementwise.exp, x), exactExp) <= 2)
        #expect(Self.largestError(within, try Self.apply(Elementwise.exp, within), exactExp) <= 2)
        #expect(Self.largestError(x, try Self.apply(Elementwise.log, x), exactLog) <= 2)
        #expect(Self.largestError(x, try Self.apply(Elementwise.tanh, x), exactTanh) <= 2)
        #expect(Self.largestError(within, try Self.apply(Elementwise.tanh, within), exactTanh) <= 2)
        let sigmoid = { 1 / (1 + exactExp(-$0)) }
        #expect(Self.largestError(x, try Self.apply(Elementwise.sigmoid, x), sigmoid) <= 2.5)  // exp, and a division
        #expect(Self.largestError(within, try Self.apply(Elementwise.sigmoid, within), sigmoid) <= 2.5)
    }

    @Test func `NaN, infinities, zeros and denormals at the ends`() throws {
        let special: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, 200, -200, -100]
        let exp = try Self.apply(Elementwise.exp, special)
        #expect(exp[0].isNaN)
        #expect(exp[1...7] == [.infinity, 0, 1, 1, 1, .infinity, 0])
        #expect(exp[8] > 0 && exp[8] < .leastNormalMagnitude)
        let log = try Self.apply(Elementwise.log, special)
        #expect(log[0].isNaN && log[2].isNaN && log[7].isNaN)
        #expect(log[1] == .infinity)
        #expect(log[3] == -.infinity && log[4] == -.infinity)
        #expect(isClose(log[5], -103.27893, absolute: 1e-5))
        let tanh = try Self.apply(Elementwise.tanh, special)
        #expect(tanh[0].isNaN)
        #expect(tanh[1...7] == [1, -1, 0, 0, .leastNonzeroMagnitude, 1, -1])
        #expect(tanh[4].sign == .minus)
        let sigmoid = try Self.apply(Elementwise.sigmoid, special)
        #expect(sigmoid[0].isNaN)
        #expect(sigmoid[1...7] == [1, 0, 0.5, 0.5, 0.5, 1, 0])
        #expect(sigmoid[8] > 0)
        let relu = try Self.apply(Elementwise.relu, special)
        #expect(relu[0].isNaN)
        #expect(relu[1...7] == [.infinity, 0, 0, 0, .leastNonzeroMagnitude, 200, 0])
    }

    @Test func `results do not depend on length, alignment or writing in place`() throws {
        let x = (0..<67).map { Float($0) * 0.37 - 11 }
        let whole = try Self.apply(Elementwise.exp, x)
        for start in 0..<20 {
            let part = try Self.apply(Elementwise.exp, Array(x[start...]))
            #expect(areClose(part, Array(whole[start...]), relative: 2.5e-7))  // a tail may round without fused steps
        }
        var inPlace = x
        inPlace.withUnsafeMutableBufferPointer { buffer in
            Elementwise.exp(buffer.baseAddress!, into: buffer.baseAddress!, count: buffer.count)
        }
        #expect(inPlace == whole)
    }

    @Test(arguments: [1, 2, 10, 16, 33, 100])
    func `softmax rows sum to 1, do not overflow and keep NaN to their row`(columns: Int) throws {
        var x = Tensor<Float>(shape: [3, columns], repeating: 0)
        for index in 0..<columns {
            x[index] = Float(index) * 0.5 - 200
            x[columns + index] = 3e38
            x[2 * columns + index] = index == columns - 1 ? .nan : 1
        }
        let y = Elementwise.softmaxRows(x)
        let exact = (0..<columns).map { exactExp(Double($0) * 0.5) }
        let sum = exact.reduce(0, +)
        #expect(areClose(y[row: 0].elements.map(Double.init), exact.map { $0 / sum }, absolute: 1e-44, relative: 1e-6))
        #expect(areClose(y[row: 1].elements, Array(repeating: 1 / Float(columns), count: columns), relative: 1e-6))
        #expect(y[row: 2].elements.allSatisfy { $0.isNaN })
        let logarithm = Elementwise.logSoftmaxRows(x)
        let expected = exact.map { exactLog($0 / sum) }
        #expect(areClose(logarithm[row: 0].elements.map(Double.init), expected, absolute: 2e-5))
    }

    @Test func `sums are those of Double`() throws {
        let x = try Tensor<Float>(shape: [1_003], elements: (0..<1_003).map { Float($0) * 0.1 + 1e6 })
        let exact = x.elements.reduce(0.0) { $0 + Double($1) }
        // The sums here, one after the other, are themselves off by about √1003 roundings.
        #expect(isClose(Elementwise.sum(x), exact, relative: 1e-14))
        #expect(
            isClose(
                Elementwise.sumOfSquares(x),
                x.elements.reduce(0.0) { $0 + Double($1) * Double($1) },
                relative: 1e-14
            )
        )
        #expect(Elementwise.sum(Tensor(shape: [0], repeating: 0)) == 0)
        #expect(Elementwise.sum(try Tensor(shape: [2], elements: [1, .nan])).isNaN)
        let matrix = try Tensor<Float>(shape: [3, 2], elements: [1, 2, 3, 4, 5, 6])
        #expect(Elementwise.sumColumns(matrix) == [9, 12])
        #expect(Elementwise.meanColumns(matrix) == [3, 4])
        let shifted = try Tensor<Float>(shape: [3, 2], elements: [1, 0, 3, 4, 6, 8])
        #expect(try Elementwise.squaredDistanceRows(matrix, shifted) == [4, 0, 5])
        #expect(throws: LinearAlgebraError.self) { try Elementwise.squaredDistanceRows(matrix, x) }
    }
}
