import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

@Suite struct `Permutation of columns whose limit does not hold` {
    static let names = ["AndersonDarlingDrift", "EppsSingletonDrift", "GTestDrift", "ChiSquareDrift"]

    private static func test(_ entry: JSONValue, _ keys: String) throws -> WindowResult {
        let test = try Fixture.columns(
            try #require(entry["method"]?.string),
            Fixture.matrix(entry["reference"], columns: 1),
            keys
        )
        return try test.test(Fixture.matrix(entry["window"], columns: 1), level: 0.05, using: 4)
    }

    @Test func `gives scipy's statistic, and its p-value by permutation within chance`() throws {
        let cases = try #require(ReferenceValues.read("permuted-columns")["cases"]?.array)
        #expect(cases.count >= 14)
        var methods: Set<String> = []
        for entry in cases {
            methods.insert(try #require(entry["method"]?.string))
            let draws = 40_000.0
            let found = try Self.test(entry, "mode = \"permutation\"\nn_permutations = 40000")
            let name = Comment(rawValue: "\(entry["method"]?.string ?? "") \(entry["name"]?.string ?? "")")
            let statistic = try #require(entry["statistic"]?.double)
            #expect(isClose(found.distances[0], statistic, absolute: 1e-9, relative: 3e-6), name)  // rows are FP32
            let p = try #require(entry["p_val"]?.double)
            let resamples = Double(try #require(entry["resamples"]?.int))
            let variance = p * (1 - p) * (1 / draws + (resamples > 0 ? 1 / resamples : 0))
            // Both count the window as it came, which no more than two in either denominator tell apart.
            let error = 4.5 * variance.squareRoot() + 2 / draws + (resamples > 0 ? 2 / resamples : 0)
            #expect(isClose(found.pValue, p, absolute: error), "\(name): \(found.pValue) and \(p), ± \(error)")
        }
        #expect(methods == Set(Self.names))
    }

    @Test func `is what these columns get by themselves, and the limit where it is asked for`() throws {
        for entry in try #require(ReferenceValues.read("permuted-columns")["cases"]?.array) {
            guard entry["method"]?.string != "ChiSquareDrift" else { continue }
            let chosen = try Self.test(entry, "").pValue
            #expect(chosen == (try Self.test(entry, "mode = \"permutation\"").pValue))
            #expect(chosen != (try Self.test(entry, "mode = \"asymp\"").pValue))
        }
    }

    @Test func `is left to the limit where that holds`() throws {
        let reference = Fixture.normal(300, 1, seed: 1)
        let window = Fixture.normal(100, 1, shift: 0.2, seed: 2)
        let found = try Fixture.columns("AndersonDarlingDrift", reference).test(window, level: 0.05, using: 1)
        let values = (reference.elements.map(Double.init), window.elements.map(Double.init))
        #expect(found.pValue == (try AndersonDarling.test(reference: values.0, test: values.1).pValue))

        let common = Tensor<Float>(vector: (0..<400).map { Float($0 % 3) }).withShape([400, 1])
        let other = Tensor<Float>(vector: (0..<200).map { Float($0 % 5 % 3) }).withShape([200, 1])
        let g = try Fixture.columns("GTestDrift", common).test(other, level: 0.05, using: 1)
        let byLimit = try Fixture.columns("GTestDrift", common, "mode = \"asymp\"").test(other, level: 0.05, using: 2)
        #expect(g.pValue == byLimit.pValue)
        // Pearson's test is scipy's by the limit, unless somebody asks.
        let rare = Tensor<Float>(vector: (0..<60).map { Float($0 % 20) }).withShape([60, 1])
        let few = Tensor<Float>(vector: (0..<30).map { Float($0 % 7) }).withShape([30, 1])
        let limit = try Fixture.columns("ChiSquareDrift", rare).test(few, level: 0.05, using: 1)
        let table = try TwoRowTable(
            reference: [Int](repeating: 3, count: 20),
            test: (0..<20).map { category in (0..<30).count { $0 % 7 == category } }
        )
        #expect(limit.pValue == table.chiSquared().pValue)
        let auto = try Fixture.columns("ChiSquareDrift", rare, "mode = \"auto\"").test(few, level: 0.05, using: 1)
        #expect(auto.pValue != limit.pValue && auto.distances == limit.distances)
    }

    @Test(arguments: names)
    func `says how small a p-value can be`(name: String) throws {
        // Ten values, each thirty times; and categories of one value each.
        let tied = Tensor<Float>(vector: (0..<300).map { Float($0 % (name.hasPrefix("A") ? 10 : 100)) }).withShape([
            300, 1,
        ])
        let permuted = try Fixture.columns(name, tied, "mode = \"auto\"\nmax_permutations = 999")
        #expect(permuted.smallestPValue(rows: 100) == 1.0 / 1000)
        let asymptotic = try Fixture.columns(name, tied, "mode = \"asymp\"\nmax_permutations = 999")
        #expect(asymptotic.smallestPValue(rows: 100) < 1e-10)
    }

    @Test(arguments: ["AndersonDarlingDrift", "EppsSingletonDrift", "GTestDrift"])
    func `keeps the level where the limit does not`(name: String) throws {
        // Rounded to whole deviations, and three times as many reference rows: by their limits these tests call 8 to 10 %
        // of clean windows drift at 5 %.
        var flagged = (permuted: 0, asymptotic: 0)
        let runs = 600
        for run in 0..<runs {
            func rows(_ count: Int, _ seed: Int) -> Tensor<Float> {
                let numbers = Fixture.normal(count, 1, seed: UInt64(seed))
                let scale: Float = name == "GTestDrift" ? 4 : name.hasPrefix("A") ? 0.5 : 100
                return Tensor(vector: numbers.elements.map { ($0 * scale).rounded() }).withShape([count, 1])
            }
            let (reference, window) = (rows(120, 2 * run), rows(40, 2 * run + 1))
            let seed = UInt64(run)
            if try Fixture.columns(name, reference).test(window, level: 0.05, using: seed).isDrift {
                flagged.permuted += 1
            }
            let limit = try Fixture.columns(name, reference, "mode = \"asymp\"")
            if try limit.test(window, level: 0.05, using: seed).isDrift { flagged.asymptotic += 1 }
        }
        let error = (0.05 * 0.95 / Double(runs)).squareRoot()
        #expect(Double(flagged.permuted) / Double(runs) <= 0.05 + 4 * error, "\(flagged)")
        #expect(flagged.permuted > runs / 100 && flagged.asymptotic > flagged.permuted, "\(flagged)")
    }

    @Test func `finds a shift as the limit does`() throws {
        for name in ["AndersonDarlingDrift", "EppsSingletonDrift", "GTestDrift"] {
            var (chosen, limit) = (0, 0)
            for run in 0..<40 {
                func rows(_ count: Int, _ shift: Float, _ seed: Int) -> Tensor<Float> {
                    let numbers = Fixture.normal(count, 1, shift: shift, seed: UInt64(seed))
                    return Tensor(vector: numbers.elements.map { ($0 * 2).rounded() / 2 }).withShape([count, 1])
                }
                let (reference, window) = (rows(200, 0, 2 * run), rows(80, 0.8, 2 * run + 1))
                if try Fixture.columns(name, reference).test(window, level: 0.05, using: 0).isDrift { chosen += 1 }
                let test = try Fixture.columns(name, reference, "mode = \"asymp\"")
                if try test.test(window, level: 0.05, using: 0).isDrift { limit += 1 }
            }
            #expect(chosen >= limit - 2 && chosen >= 32, "\(name) \(chosen) \(limit)")
        }
    }
}
