import LinearAlgebra

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Rows packed in blocks of 16, column by column, so that the squared distances of one row to all of them are a few
/// operations on vectors.
struct BlockedRows: Sendable {
    static let blockSize = 16

    let count: Int
    let width: Int
    /// `[block][column][16]`; the last block is filled up with zeros.
    private let values: [Float]

    /// - Parameter rows: Row-major.
    init(_ rows: [Float], width: Int) {
        self.width = width
        count = rows.count / width
        let blocks = (count + Self.blockSize - 1) / Self.blockSize
        var values = [Float](repeating: 0, count: blocks * width * Self.blockSize)
        for row in 0..<count {
            let (block, lane) = row.quotientAndRemainder(dividingBy: Self.blockSize)
            for column in 0..<width {
                values[(block * width + column) * Self.blockSize + lane] = rows[row * width + column]
            }
        }
        self.values = values
    }

    /// The sum of the Gaussian kernels of a row with all of these.
    ///
    /// - Complexity: O(*count* · *width*).
    func kernelSum(_ row: UnsafePointer<Float>, _ kernel: GaussianKernel) -> Double {
        let blocks = (count + Self.blockSize - 1) / Self.blockSize
        let padded = blocks * Self.blockSize
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * padded) { scratch in
            guard let distances = scratch.baseAddress else { return 0 }
            let kernels = distances + padded
            values.withUnsafeBytes { bytes in
                for block in 0..<blocks {
                    var sum = SIMD16<Float>.zero
                    for column in 0..<width {
                        let offset = (block * width + column) * MemoryLayout<SIMD16<Float>>.size
                        let difference =
                            bytes.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self) - row[column]
                        sum += difference * difference
                    }
                    UnsafeMutableRawPointer(distances + block * Self.blockSize).storeBytes(
                        of: sum,
                        as: SIMD16<Float>.self
                    )
                }
            }
            var total = 0.0
            for sigma in kernel.sigmas {
                let gamma = -1 / (2 * sigma * sigma)
                for place in 0..<count { kernels[place] = distances[place] * gamma }
                Elementwise.exp(kernels, into: kernels, count: count)
                // In four lanes, in double: a thousand kernels in single precision would lose three digits.
                var lanes = SIMD4<Double>.zero
                var place = 0
                while place + 4 <= count {
                    lanes += SIMD4<Double>(
                        Double(kernels[place]),
                        Double(kernels[place + 1]),
                        Double(kernels[place + 2]),
                        Double(kernels[place + 3])
                    )
                    place += 4
                }
                while place < count {
                    lanes[0] += Double(kernels[place])
                    place += 1
                }
                total += lanes.sum()
            }
            return total / Double(kernel.sigmas.count)
        }
    }
}

extension GaussianKernel {
    /// The kernel at two rows.
    func similarity(_ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, width: Int) -> Double {
        var squares: Float = 0
        for column in 0..<width {
            let difference = first[column] - second[column]
            squares += difference * difference
        }
        var sum = 0.0
        for sigma in sigmas { sum += exp(-Double(squares) / (2 * Double(sigma) * Double(sigma))) }
        return sum / Double(sigmas.count)
    }
}
