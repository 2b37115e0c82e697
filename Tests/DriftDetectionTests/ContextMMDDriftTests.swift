import DriftDetection
import JSON
import Methods
import Statistics
import Tensors
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `Conditional discrepancy` {
    @Test func `equals alibi-detect's, with its strengths, also of other memberships`() throws {
        let cases = try #require(ReferenceValues.read("context-drift")["cases"]?.array)
        #expect(cases.count >= 3)
        for entry in cases {
            let columns = try #require(entry["columns"]?.int)
            let contextColumns = try #require(entry["context_columns"]?.int)
            let name = Comment(rawValue: entry["name"]?.string ?? "")
            let window = Fixture.matrix(entry["window"], columns: columns)
            let contexts = Fixture.matrix(entry["window_context"], columns: contextColumns)
            let reference = Fixture.matrix(entry["reference"], columns: columns)
            let held = (entry["held"]?.array ?? []).compactMap(\.int)
            let tested = (0..<window.rows).filter { !held.contains($0) }
            let rows = try Tensor.concatenatingRows([reference, window.selectingRows(tested)])
            let all = try Tensor.concatenatingRows([
                Fixture.matrix(entry["reference_context"], columns: contextColumns), contexts.selectingRows(tested),
            ])
            let sigmas = (
                [Float(try #require(entry["sigma"]?.double))], [Float(try #require(entry["c_sigma"]?.double))]
            )
            let similarity = try GaussianGram.matrix(rows, rows, sigmas: sigmas.0)
            let near = try GaussianGram.matrix(all, all, sigmas: sigmas.1)
            func strength(_ range: Range<Int>) throws -> Double {
                func part(_ matrix: Tensor<Double>) throws -> Tensor<Double> {
                    try Tensor(
                        shape: [range.count, range.count],
                        elements: range.flatMap { row in range.map { matrix[row * matrix.rows + $0] } }
                    )
                }
                return try RidgeStrength.choose(
                    similarity: part(similarity),
                    contexts: part(near),
                    order: Array(0..<range.count),
                    folds: 5
                )
            }
            let strengths = (try strength(0..<reference.rows), try strength(reference.rows..<rows.rows))
            #expect([strengths.0, strengths.1] == Fixture.numbers(entry["strengths"]), name)
            let discrepancy = ConditionalDiscrepancy(
                similarity: similarity,
                contexts: near,
                held: try GaussianGram.matrix(contexts.selectingRows(held), all, sigmas: sigmas.1),
                strengths: strengths
            )
            let isWindow = (0..<rows.rows).map { $0 >= reference.rows }
            let found = try discrepancy.squared(isWindow: isWindow)
            // The widths are held as single precision, which is where the last digits go.
            #expect(isClose(found, try #require(entry["statistic"]?.double), absolute: 1e-6, relative: 1e-6), name)
            let redrawn = (entry["redrawn"]?.array ?? []).compactMap(\.int).map { $0 == 1 }
            let again = try discrepancy.squared(isWindow: redrawn)
            #expect(
                isClose(again, try #require(entry["redrawn_statistic"]?.double), absolute: 1e-6, relative: 1e-6),
                name
            )
        }
    }

    @Test func `propensities are chances`() throws {
        // Contexts of the window lie one deviation above: the chance is that of Bayes' rule.
        var generator = SeededGenerator(seed: 1)
        let count = 400
        let isWindow = (0..<2 * count).map { $0 >= count }
        let values = isWindow.map { Float(generator.normal()) + ($0 ? 1 : 0) }
        let contexts = Tensor<Float>(vector: values).withShape([2 * count, 1])
        let near = try GaussianGram.matrix(contexts, contexts, sigmas: [1])
        let chances = try Propensity.chances(contexts: near, isWindow: isWindow, using: &generator)
        var worst = 0.0
        for (value, chance) in zip(values, chances) where abs(value - 0.5) < 1.5 {
            worst = max(worst, abs(chance - 1 / (1 + exp(0.5 - Double(value)))))
        }
        #expect(worst < 0.1, "\(worst)")
        let mean = chances.reduce(0, +) / Double(chances.count)
        #expect(isClose(mean, 0.5, absolute: 1e-3))
    }
}

@Suite struct ContextMMDDriftTests {
    /// A context, and two features that follow it; `shift` moves them where the context is the same.
    static func rows(
        _ count: Int,
        context offset: Double = 0,
        spread: Double = 1,
        shift: Double = 0,
        seed: UInt64
    ) -> (rows: Tensor<Float>, contexts: Tensor<Float>) {
        var generator = SeededGenerator(seed: seed)
        var (values, contexts) = ([Float](), [Float]())
        for _ in 0..<count {
            let c = offset + spread * generator.normal()
            contexts.append(Float(c))
            values.append(Float(c + 0.5 * generator.normal() + shift))
            values.append(Float(-c + 0.5 * generator.normal()))
        }
        return (
            Tensor(vector: values).withShape([count, 2]), Tensor(vector: contexts).withShape([count, 1])
        )
    }

    static func test(
        _ reference: (rows: Tensor<Float>, contexts: Tensor<Float>),
        _ keys: String = ""
    ) throws -> FittedMonitor {
        let directory = TemporaryDirectory()
        let configuration = try MonitorConfiguration(
            parsing: "name = \"ContextMMDDrift\"\n\(keys)",
            catalog: Fixture.catalog
        )
        return try Fitting.fit(
            configuration,
            catalog: Fixture.catalog,
            rows: reference.rows,
            context: reference.contexts,
            output: directory.file("monitor")
        ).monitor
    }

    static func result(
        _ monitor: FittedMonitor,
        _ window: (rows: Tensor<Float>, contexts: Tensor<Float>),
        seed: UInt64 = 3
    ) throws -> WindowResult {
        guard case .window(let test) = monitor.method else { throw MethodError.artefact("", "no window test") }
        let given = try window.rows.beside(window.contexts)
        return try test.test(monitor.features(of: given, from: .inputs), level: 0.05, using: seed)
    }

    @Test func `other contexts are no drift, and other rows in the same contexts are`() throws {
        let monitor = try Self.test(Self.rows(300, seed: 1))
        let moved = Self.rows(120, context: 0.8, spread: 0.5, seed: 2)
        let same = try Self.result(monitor, moved)
        #expect(!same.isDrift && same.jointly, "\(same.pValue)")
        // A test that does not know of the context cries here.
        let mmd = try Fixture.maximumMeanDiscrepancy(Self.rows(300, seed: 1).rows)
        #expect(try mmd.test(moved.rows, level: 0.05, using: 3).isDrift)
        let drifted = try Self.result(monitor, Self.rows(120, context: 0.8, spread: 0.5, shift: 1, seed: 4))
        #expect(drifted.isDrift && drifted.effect.name == "conditional_mmd" && drifted.effect.low > 0, "\(drifted)")
        #expect(drifted.distances[0] > (drifted.distanceThreshold ?? .infinity))
        #expect(drifted == (try Self.result(monitor, Self.rows(120, context: 0.8, spread: 0.5, shift: 1, seed: 4))))
    }

    @Test func `keeps the level when contexts move, about, and has power`() throws {
        var (clean, found) = (0, 0)
        let runs = 60
        for run in 0..<runs {
            let seed = UInt64(10 * run)
            let monitor = try Self.test(Self.rows(120, seed: seed))
            if try Self.result(monitor, Self.rows(80, context: 0.5, spread: 0.8, seed: seed + 1), seed: seed).isDrift {
                clean += 1
            }
            let window = Self.rows(80, context: 0.5, spread: 0.8, shift: 0.6, seed: seed + 2)
            if try Self.result(monitor, window, seed: seed).isDrift { found += 1 }
        }
        #expect(Double(clean) <= 0.05 * Double(runs) + 4 * (0.05 * 0.95 * Double(runs)).squareRoot(), "\(clean)")
        #expect(found > runs * 3 / 4, "\(found)")
    }

    @Test func `the preprocess step does not see the context`() throws {
        let keys = "[preprocess]\nmethod = \"standardise\""
        let monitor = try Self.test(Self.rows(200, seed: 1), keys)
        #expect(monitor.manifest.rowShape == [2] && monitor.manifest.contextWidth == 1)
        #expect(monitor.manifest.givenRowShape == [3])
        let window = Self.rows(50, seed: 2)
        let features = try monitor.features(of: window.rows.beside(window.contexts), from: .inputs)
        #expect(features.shape == [50, 3])
        for row in 0..<50 { #expect(features[row * 3 + 2] == window.contexts[row]) }
        #expect(features[0] != window.rows[0])
    }

    @Test func `knows the edges`() throws {
        let monitor = try Self.test(Self.rows(60, seed: 1), "n_permutations = 19")
        #expect(throws: MethodError.self) { try Self.result(monitor, Self.rows(11, seed: 2)) }
        #expect(throws: MethodError.self) { try monitor.features(of: Self.rows(20, seed: 2).rows, from: .inputs) }
        var broken = Self.rows(40, seed: 2)
        broken.contexts[3] = .nan
        broken.rows[20] = .infinity
        #expect(try Self.result(monitor, broken).excludedRows == 2)
        // One context for all, and rows that all coincide: nothing to see.
        let flat = (
            rows: Tensor<Float>(shape: [40, 2], repeating: 1), contexts: Tensor<Float>(shape: [40, 1], repeating: 1)
        )
        let still = try Self.result(try Self.test(flat), flat)
        #expect(!still.isDrift, "\(still.pValue)")
        // Contexts without any row in common cannot be compared, and are no error.
        let far = try Self.result(monitor, Self.rows(40, context: 100, seed: 5))
        #expect(far.pValue > 0)
        // Methods and contexts that do not go together.
        let reference = Self.rows(60, seed: 1)
        for (name, contexts) in [("MMDDrift", reference.contexts as Tensor<Float>?), ("ContextMMDDrift", nil)] {
            #expect(throws: MethodError.self) {
                try Fitting.fit(
                    MonitorConfiguration(parsing: "name = \"\(name)\"", catalog: Fixture.catalog),
                    catalog: Fixture.catalog,
                    rows: reference.rows,
                    context: contexts,
                    output: TemporaryDirectory().file("monitor")
                )
            }
        }
        #expect(throws: MethodError.self) { try Self.test((reference.rows, Self.rows(59, seed: 1).contexts)) }
        let named = "[monitor]\nmodel = \"m\"\ncontext = [\"hour\", \"day\"]"
        #expect(throws: MethodError.self) { try Self.test(reference, named) }
        _ = try Self.test(reference, "[monitor]\nmodel = \"m\"\ncontext = [\"hour\"]")
        #expect(throws: MethodError.self) {
            try MonitorConfiguration(
                parsing:
                    "name = \"ContextMMDDrift\"\n[preprocess]\nmethod = \"model-output\"\n[monitor]\nmodel = \"m\"\ncontext = [\"hour\"]",
                catalog: Fixture.catalog
            )
        }
    }
}
