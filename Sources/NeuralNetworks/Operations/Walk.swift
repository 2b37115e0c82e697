import CKernels

/// Where the rows of one product lie in its source and in its target, as the kernels of `CKernels` walk over them.
///
/// Made once for a layer and read in every run by any number of threads.
final class Walk {
    /// Floats of one row of the left factor.
    let inner: Int
    /// Rows of the product.
    let rows: Int
    private let offsets: UnsafeMutablePointer<Int>
    private let segments: Int
    private let length: Int

    /// - Parameters:
    ///   - from: For each row the offset of its first float in the source.
    ///   - to: For each row of the product the offset of its first float in the target.
    ///   - segments: Where the parts of a row begin, counted from its first float.
    ///   - length: Floats of one part.
    init(from: [Int], to: [Int], segments: [Int], length: Int) {
        rows = from.count
        self.segments = segments.count
        self.length = length
        inner = segments.count * length
        let all = from + to + segments
        offsets = .allocate(capacity: max(all.count, 1))
        offsets.initialize(from: all, count: all.count)
    }

    deinit { offsets.deallocate() }

    /// Lends the walk over the first `rows` rows to a kernel.
    ///
    /// The tables live as long as this object and are never written again.
    func lend(rows: Int, _ body: (UnsafePointer<vedette_walk>) -> Void) {
        var walk = vedette_walk(
            from: offsets,
            to: offsets + self.rows,
            rows: min(rows, self.rows),
            segments: offsets + 2 * self.rows,
            segment_count: segments,
            length: length
        )
        withUnsafePointer(to: &walk, body)
    }
}
