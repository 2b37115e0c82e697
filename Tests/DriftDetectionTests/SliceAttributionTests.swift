import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Slices of a window` {
    /// Rows of a region (0 to 3), an age and two numbers; in some regions the first number moves.
    private static func rows(_ count: Int, moved: Set<Int> = [], by shift: Double = 1.2, seed: UInt64) -> Tensor<Float>
    {
        var generator = SeededGenerator(seed: seed)
        var values: [Float] = []
        for _ in 0..<count {
            let region = generator.index(below: 4)
            values += [
                Float(region), Float(40 + 4 * generator.uniform()),
                Float(generator.normal() + (moved.contains(region) ? shift : 0)), Float(generator.normal()),
            ]
        }
        return Tensor(vector: values).withShape([count, 4])
    }

    private static func monitor(_ keys: String, _ reference: Tensor<Float>) throws -> FittedMonitor {
        let folder = TemporaryDirectory()
        return try Fitting.fit(
            MonitorConfiguration(parsing: keys, catalog: Fixture.catalog),
            catalog: Fixture.catalog,
            rows: reference,
            output: folder.file("monitor")
        ).monitor
    }

    private static let keys = """
        name = "TabularDrift"
        [categories_per_feature]
        0 = 4
        [slices]
        columns = [0, 1]
        """

    @Test(arguments: ["TabularDrift", "KSDrift", "MMDDrift", "LSDDDrift", "ClassifierDrift"])
    func `that changed are named, by every method that keeps its reference`(method: String) throws {
        let keys = method == "TabularDrift" ? Self.keys : "name = \"\(method)\"\n[slices]\ncolumns = [0, 1]"
        let monitor = try Self.monitor(keys, Self.rows(1_200, seed: 1))
        let window = Self.rows(500, moved: [2], by: 2, seed: 2)
        guard case .window(let test) = monitor.method else { throw CancellationError() }
        let result = try test.test(window, level: 0.05, using: 1)
        #expect(result.isDrift)
        let findings = monitor.slices(of: result, window)
        #expect(findings.count == 8)  // four regions and four ranges of ages
        let first = try #require(findings.first)
        #expect(first.slice.name("region") == "region = 2" && first.column == 2 && first.isDrift && first.effect > 0.5)
        let others = findings.filter { $0.slice.column == 0 && $0.slice != first.slice }
        #expect(others.count == 3 && !others.contains { $0.isDrift })
        let sentence = try #require(SliceAttribution.sentence(findings) { ["region", "age", "x", "y"][$0] })
        #expect(sentence.hasPrefix("changed where region = 2 (\(first.count) rows, most in x)"), "\(sentence)")
        // A window that did not drift has no slices.
        var clean = result
        clean.isDrift = false
        #expect(monitor.slices(of: clean, window).isEmpty)
    }

    @Test(arguments: ["fdr_by", "fdr"])
    func `are told falsely in no larger share than was asked for, and found`(correction: String) throws {
        // Ages do not matter, so that a slice of ages has moved as all rows have: only regions count here.
        let keys = "name = \"KSDrift\"\n[slices]\ncolumns = [0]\nq = 0.2\ncorrection = \"\(correction)\""
        let monitor = try Self.monitor(keys, Self.rows(2_000, seed: 1))
        let slices = try #require(monitor.slices)
        var falseShare = Moments()
        var found = Moments()
        for run in 0..<200 {
            let told = slices.findings(in: Self.rows(300, moved: [3], by: 0.9, seed: UInt64(100 + run))).filter(
                \.isDrift
            )
            let wrong = told.count { $0.slice != Slice(column: 0, values: .equal(3)) }
            falseShare.add(told.isEmpty ? 0 : Double(wrong) / Double(told.count))
            found.add(told.count > wrong ? 1 : 0)
        }
        // One reference for all windows: the share is over its draw too, for which a quarter more is allowed.
        #expect(falseShare.mean <= 0.2 * 1.25 && found.mean > 0.9, "\(falseShare.mean) \(found.mean)")
    }

    @Test(arguments: ["fdr", "fdr_by"])
    func `have scipy's p-values and statsmodels' adjustment`(correction: String) throws {
        let values = try ReferenceValues.read("slices")
        let expected = try #require(values["slices"]?.array)
        let keys = """
            name = "TabularDrift"
            [categories_per_feature]
            0 = 3
            3 = 4
            [slices]
            columns = [0, 1]
            bins = 3
            correction = "\(correction)"
            """
        let monitor = try Self.monitor(keys, Fixture.matrix(values["reference"], columns: 4))
        let slices = try #require(monitor.slices)
        let findings = slices.findings(in: Fixture.matrix(values["window"], columns: 4))
        #expect(findings.count == expected.count)
        for (slice, entry) in zip(slices.slices, expected) {
            let found = try #require(findings.first { $0.slice == slice })
            #expect(found.count == entry["count"]?.int && found.referenceCount == entry["reference_count"]?.int)
            #expect(found.column == entry["column"]?.int)
            #expect(isClose(found.pValue, try #require(entry["p_val"]?.double), relative: 1e-9), "\(entry)")
            #expect(isClose(found.adjustedPValue, try #require(entry[correction]?.double), relative: 1e-9), "\(entry)")
        }
    }

    @Test func `are values where there are few, ranges of equal shares where there are many`() {
        let few = Slice.cuts([2, 1, 2, .nan, 3], isCategory: false, bins: 4)
        #expect(few.map { $0.name("x") } == ["x = 1", "x = 2", "x = 3"])
        let many = Slice.cuts((0..<100).map(Float.init), isCategory: false, bins: 4)
        #expect(many.map { $0.name("x") } == ["x ≤ 25", "x 25 to 50", "x 50 to 75", "x > 75"])
        #expect(many.map { slice in (0..<100).count { slice.holds(Float($0)) } } == [26, 25, 25, 24])
        #expect(!many.contains { $0.holds(.nan) })
        let codes = Slice.cuts((0..<60).map { Float($0 % 30) } + [7, 7], isCategory: true, bins: 4)
        #expect(codes.count == 20 && codes.contains { $0.holds(7) })
    }

    @Test func `too small are not tested, and missing values are in none`() throws {
        let monitor = try Self.monitor(Self.keys + "\nmin_rows = 60", Self.rows(1_200, seed: 1))
        let slices = try #require(monitor.slices)
        var window = Self.rows(400, seed: 3)
        for row in 0..<400 where window[row * 4] == 1 { window[row * 4] = row % 9 == 0 ? 1 : .nan }
        let findings = slices.findings(in: window)
        #expect(!findings.contains { $0.slice == Slice(column: 0, values: .equal(1)) } && findings.count == 7)
        for row in 0..<400 { window[row * 4 + 2] = .nan }
        #expect(slices.findings(in: window).allSatisfy { $0.column != 2 || $0.pValue == 1 })
        #expect(slices.findings(in: Tensor(shape: [3, 2], repeating: 0)).isEmpty)
    }

    static let refused = [
        "name = \"KSDrift\"\n[slices]\ncolumns = [9]", "name = \"KSDrift\"\n[slices]\ncolumns = []",
        "name = \"KSDrift\"\n[slices]\ncolumns = [1, 1]", "name = \"KSDrift\"\n[slices]\ncolumns = [-1]",
        "name = \"KSDrift\"\n[slices]\ncolumns = [0]\ncolour = 1",
        "name = \"KSDrift\"\n[preprocess]\nmethod = \"pca\"\n[slices]\ncolumns = [0]",
        "name = \"KSDrift\"\npermutation = \"circular-shift\"\n[slices]\ncolumns = [0]",
        "name = \"PCADrift\"\n[slices]\ncolumns = [0]", "name = \"ADWIN\"\n[slices]\ncolumns = [0]",
    ]

    @Test(arguments: refused)
    func `that cannot be told are refused with what to do`(keys: String) throws {
        let error = try #require(throws: MethodError.self) { try Self.monitor(keys, Self.rows(300, seed: 1)) }
        #expect(!error.remedy.isEmpty)
    }

    @Test func `change the hash of a configuration that asks for them, and of no other`() throws {
        let plain = try MonitorConfiguration(parsing: "name = \"KSDrift\"", catalog: Fixture.catalog)
        #expect(plain.canonical["slices"] == nil)
        let asks = try MonitorConfiguration(
            parsing: "name = \"KSDrift\"\n[slices]\ncolumns = [0]",
            catalog: Fixture.catalog
        )
        #expect(asks.canonical["slices"]?["bins"] == 4)
    }
}

extension Slice {
    /// Slices of the first column.
    fileprivate static func cuts(_ values: [Float], isCategory: Bool, bins: Int) -> [Slice] {
        cut(0, values, isCategory: isCategory, bins: bins)
    }
}
