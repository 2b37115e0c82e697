import DriftDetection
import Methods
import Tensors
import Testing

@Suite struct `Every sequential test` {
    /// Each method with keys that let it speak within a few hundred rows, and the columns that it takes.
    static let methods: [(name: String, keys: String, columns: Int)] = [
        ("PageHinkley", "threshold = 5", 1), ("CUSUM", "", 1), ("ADWIN", "clock = 4", 1), ("KSWIN", "", 1),
        ("DDM", "", 1), ("EDDM", "warm_start = 5", 1), ("HDDMA", "two_sided_test = true", 1), ("HDDMW", "", 1),
        ("ConformalMartingaleDrift", "bag_size = 260", 3), ("EDetector", "ert = 200\nbag_size = 220", 2),
        ("BettingDrift", "", 2), ("BettingDrift", "bounds = [0, 1]", 1), ("BettingMMDDrift", "", 3),
        ("MMDDriftOnline", "ert = 20\nwindow_size = 8", 3), ("LSDDDriftOnline", "ert = 20\nwindow_size = 8", 3),
        ("CVMDriftOnline", "ert = 30\nwindow_sizes = [4, 9]", 3),
        ("FETDriftOnline", "ert = 40\nwindow_sizes = [7, 15]", 1),
    ]

    /// Rows that suit every method: errors for one column, which grow more frequent; normal rows for several.
    static func rows(_ count: Int, columns: Int, seed: UInt64 = 5) -> Tensor<Float> {
        let normal = Fixture.normal(count, columns, seed: seed)
        guard columns == 1 else { return normal }
        let values = normal.elements.enumerated().map { place, value -> Float in
            value + (place > count / 2 ? 1 : 0) > 0.8 ? 1 : 0
        }
        return Tensor(vector: values).withShape([count, 1])
    }

    static func take(_ state: inout any SequentialState, _ rows: Tensor<Float>, _ range: Range<Int>)
        -> [SequentialAnswer]
    {
        let width = rows.elementsPerRow
        return range.map { row in
            rows.elements[row * width..<(row + 1) * width].withUnsafeBufferPointer { state.take($0) }
            return state.answer
        }
    }

    @Test(arguments: methods)
    func `goes on from any row as if it had never stopped`(name: String, keys: String, columns: Int) throws {
        let test = try Fixture.sequential(name, keys, reference: Self.rows(200, columns: columns, seed: 1))
        let stream = Self.rows(240, columns: columns)
        var whole = test.start(run: 3)
        let expected = Self.take(&whole, stream, 0..<240)
        for cut in [0, 1, 2, 7, 40, 119, 120, 239] {
            var first = test.start(run: 3)
            _ = Self.take(&first, stream, 0..<cut)
            var words = StateWords()
            first.write(to: &words)
            var reader = StateWordReader(words.words)
            var second = try test.resume(from: &reader)
            #expect(reader.isAtEnd)
            #expect(Self.same(Self.take(&second, stream, cut..<240), Array(expected[cut...])), "cut at \(cut)")
            // What is cut off or foreign is refused, and never trusted for a length.
            for end in 0..<min(words.words.count, 40) {
                var cutOff = StateWordReader(Array(words.words[..<end]))
                #expect(throws: MethodError.self) { try test.resume(from: &cutOff) }
            }
        }
    }

    @Test(arguments: methods)
    func `is a value, and the same rows give the same answers`(name: String, keys: String, columns: Int) throws {
        let test = try Fixture.sequential(name, keys, reference: Self.rows(200, columns: columns, seed: 1))
        let stream = Self.rows(120, columns: columns)
        var state = test.start(run: 0)
        _ = Self.take(&state, stream, 0..<60)
        let kept = state
        let first = Self.take(&state, stream, 60..<120)
        var second = kept
        #expect(Self.same(Self.take(&second, stream, 60..<120), first))
        #expect(kept.answer.time == 60 && state.answer.time == 120)
    }

    @Test(arguments: methods)
    func `takes no row that is not finite or of another shape`(name: String, keys: String, columns: Int) throws {
        let test = try Fixture.sequential(name, keys, reference: Self.rows(200, columns: columns, seed: 1))
        for bad in [Float.nan, .infinity, -.infinity] {
            var row = [Float](repeating: 0, count: columns)
            row[columns - 1] = bad
            let error = #expect(throws: MethodError.self) { try Self.check(row, test) }
            #expect(error?.code == .nonFiniteValue)
        }
        let error = #expect(throws: MethodError.self) {
            try Self.check([Float](repeating: 0, count: columns + 1), test)
        }
        #expect(error?.code == .shapeMismatch)
    }

    private static func check(_ row: [Float], _ test: any SequentialTest) throws {
        try row.withUnsafeBufferPointer { try test.check($0) }
    }

    /// Equality of answers, NaN equal to itself.
    private static func same(_ left: [SequentialAnswer], _ right: [SequentialAnswer]) -> Bool {
        left.map { "\($0)" } == right.map { "\($0)" }
    }
}
