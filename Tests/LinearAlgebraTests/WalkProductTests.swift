import CKernels
import Statistics
import TestSupport
import Testing

/// The products of rows that are gathered from where they lie, at each level of the CPU at hand.
@Suite struct `Walk products` {
    static let levels = Array(0...Int(vedette_walk_level()))
    /// Sizes around those of the tiles: 2, 6 or 8 rows by 16 or 32 columns; and more rows than a strip of 256 has.
    static let sizes: [(rows: Int, segments: Int, length: Int, columns: Int)] = [
        (1, 1, 1, 1), (7, 3, 2, 17), (40, 2, 5, 48), (300, 3, 9, 33), (513, 1, 13, 16),
    ]

    @Test(arguments: levels, sizes)
    func `equal their definition`(level: Int, size: (rows: Int, segments: Int, length: Int, columns: Int)) {
        var generator = SeededGenerator(seed: 8)
        let (rows, columns) = (size.rows, size.columns)
        let inner = size.segments * size.length
        // Rows overlap, as windows do, and their segments are apart.
        let pitch = size.length + 3
        let from = (0..<rows).map { $0 * 2 }
        let places = (0..<rows).map { (rows - 1 - $0) * columns }
        let segments = (0..<size.segments).map { $0 * pitch }
        func normal(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.normal()) } }
        let source = normal(2 * rows + size.segments * pitch)
        let matrix = normal(inner * columns)
        let gradient = normal(rows * columns + Int(VEDETTE_PANEL))
        let start = normal(max(rows, inner) * columns)
        let scale = normal(columns)

        var packed = [Float](repeating: .nan, count: vedette_packed_count(inner, columns))
        vedette_pack(matrix, inner, columns, columns, 1, &packed, 0, inner)
        for accumulates in [false, true] {
            var product = start
            var inPlace = start
            var scaled = start
            var weight = start
            from.withUnsafeBufferPointer { from in
                places.withUnsafeBufferPointer { to in
                    segments.withUnsafeBufferPointer { segments in
                        var walk = vedette_walk(
                            from: from.baseAddress,
                            to: to.baseAddress,
                            rows: rows,
                            segments: segments.baseAddress,
                            segment_count: size.segments,
                            length: size.length
                        )
                        var epilogue = vedette_epilogue(bias: nil, accumulate: accumulates ? 1 : 0, rectify: 0)
                        vedette_walk_product_at(Int32(level), source, packed, columns, &product, &walk, &epilogue)
                        if columns.isMultiple(of: Int(VEDETTE_PANEL)) {
                            let level = Int32(level)
                            vedette_walk_product_in_place_at(
                                level,
                                source,
                                matrix,
                                nil,
                                columns,
                                &inPlace,
                                &walk,
                                &epilogue
                            )
                            vedette_walk_product_in_place_at(
                                level,
                                source,
                                matrix,
                                scale,
                                columns,
                                &scaled,
                                &walk,
                                &epilogue
                            )
                        }
                        vedette_walk_transposed_product_at(
                            Int32(level),
                            source,
                            gradient,
                            columns,
                            &weight,
                            &walk,
                            accumulates ? 1 : 0
                        )
                    }
                }
            }
            func element(_ row: Int, _ k: Int) -> Double {
                Double(source[from[row] + segments[k / size.length] + k % size.length])
            }
            var wanted = start.map(Double.init)
            for row in 0..<rows {
                for column in 0..<columns {
                    let sum = (0..<inner).reduce(0) { $0 + element(row, $1) * Double(matrix[$1 * columns + column]) }
                    wanted[places[row] + column] = sum + (accumulates ? Double(start[places[row] + column]) : 0)
                }
            }
            // Up to 27 terms of about 1, in float32.
            #expect(areClose(product.map(Double.init), wanted, absolute: 1e-5), "level \(level), \(size)")
            if columns.isMultiple(of: Int(VEDETTE_PANEL)) {
                #expect(inPlace == product, "level \(level), \(size)")  // the same sums in the same order
                for index in 0..<rows * columns {
                    let before = accumulates ? Double(start[index]) : 0
                    wanted[index] = (wanted[index] - before) * Double(scale[index % columns]) + before
                }
                #expect(areClose(scaled.map(Double.init), wanted, absolute: 3e-5), "level \(level), \(size), scaled")
            }
            wanted = start.map(Double.init)
            for k in 0..<inner {
                for column in 0..<columns {
                    let sum = (0..<rows).reduce(0) { $0 + element($1, k) * Double(gradient[places[$1] + column]) }
                    wanted[k * columns + column] = sum + (accumulates ? Double(start[k * columns + column]) : 0)
                }
            }
            // Up to 513 terms of about 1.
            #expect(areClose(weight.map(Double.init), wanted, absolute: 1e-4), "level \(level), \(size)")
        }
    }
}
