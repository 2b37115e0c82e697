import LinearAlgebra
import Synchronization
package import Tensors

/// Turns rows into features whose means two samples are compared by.
package protocol FeatureMap: Sendable {
    /// Features of a row.
    var width: Int { get }

    /// Writes the features of some rows.
    ///
    /// - Parameters:
    ///   - rows: Shape `[n, d]`, finite.
    ///   - target: Room for `[n, width]`.
    func fill(_ rows: Tensor<Float>, into target: UnsafeMutablePointer<Float>) throws
}

/// Sums of features over the rows that each of several memberships calls the window.
///
/// Rows that no membership uses are never mapped, and features are held for one block of rows at a time: memory is that
/// of the sums.
package enum FeatureSums {
    private static let blockRows = 256
    /// Blocks go to this many sums in turn, which are added in order: the same numbers on any number of cores.
    private static let lanes = 4

    /// The sum of all rows' features.
    ///
    /// - Complexity: One mapping of each row; O(*width*) memory.
    package static func total(_ rows: Tensor<Float>, _ map: some FeatureMap) throws -> [Double] {
        let sample = SplitSample(reference: rows, window: nil)
        var memberships = Memberships(rows: rows.rows, count: 1)
        for row in 0..<rows.rows { memberships.insert(row: row, into: 0) }
        return try sums(sample, memberships, map)
    }

    /// Sums for each membership, row-major `[count, width]`.
    ///
    /// - Complexity: One mapping of each row that is used, and one product of memberships and features;
    ///   O(*count* · *width*) memory.
    static func sums(_ sample: SplitSample, _ memberships: Memberships, _ map: some FeatureMap) throws -> [Double] {
        let used = (0..<memberships.rows).filter(memberships.isUsed)
        let size = memberships.count * map.width
        let blocks = (used.count + blockRows - 1) / blockRows
        let lanes = max(1, min(lanes, blocks))
        var parts = [Double](repeating: 0, count: lanes * size)
        let failure = Mutex<(any Error)?>(nil)
        parts.withUnsafeMutableBufferPointer { parts in
            guard let base = parts.baseAddress else { return }
            Parallel.rows(lanes) { range in
                let features = UnsafeMutablePointer<Float>.allocate(capacity: blockRows * map.width)
                let products = UnsafeMutablePointer<Float>.allocate(capacity: size)
                let members = UnsafeMutablePointer<Float>.allocate(capacity: blockRows * memberships.count)
                defer {
                    features.deallocate()
                    products.deallocate()
                    members.deallocate()
                }
                for lane in range {
                    for block in stride(from: lane, to: blocks, by: lanes) {
                        let indices = used[block * blockRows..<min((block + 1) * blockRows, used.count)]
                        do {
                            try map.fill(sample.rows(indices), into: features)
                        } catch {
                            failure.withLock { $0 = error }
                            return
                        }
                        add(indices, features, members, products, memberships, map.width, to: base + lane * size)
                    }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return (0..<size).map { index in (0..<lanes).reduce(0) { $0 + parts[$1 * size + index] } }
    }

    /// Adds one block: single precision within it, double beyond.
    private static func add(
        _ indices: ArraySlice<Int>,
        _ features: UnsafeMutablePointer<Float>,
        _ members: UnsafeMutablePointer<Float>,
        _ products: UnsafeMutablePointer<Float>,
        _ memberships: Memberships,
        _ width: Int,
        to sums: UnsafeMutablePointer<Double>
    ) {
        let count = memberships.count
        members.update(repeating: 0, count: indices.count * count)
        for (place, row) in indices.enumerated() {
            memberships.forEachWay(with: row) { members[place * count + $0] = 1 }
        }
        Float.gemm(
            .transposed,
            .plain,
            m: count,
            n: width,
            k: indices.count,
            alpha: 1,
            a: members,
            strideA: count,
            b: features,
            strideB: width,
            beta: 0,
            c: products,
            strideC: width
        )
        for index in 0..<count * width { sums[index] += Double(products[index]) }
    }
}
