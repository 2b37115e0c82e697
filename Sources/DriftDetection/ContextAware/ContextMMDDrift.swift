import LinearAlgebra
package import Methods
import Statistics
package import Tensors

/// A kernel two-sample test that asks whether rows look otherwise than reference rows of the same context did: a change of
/// the contexts alone, of the hour of the day or of who asks, is no drift.
///
/// The last columns of each row are its context. Part of the window's contexts is held out; ``ConditionalDiscrepancy``
/// compares the other rows at these contexts. Its law when nothing drifted comes from drawing anew which rows are the
/// window's, each with the chance that its context gives it (``Propensity``), so that the contexts of the drawn windows
/// are spread as the window's are. That chance is estimated, so the level holds as far as the estimate does; it is also
/// for this that both samples have to have contexts in common. λ is chosen for the samples as they are
/// (``RidgeStrength``) and stays.
///
/// At most `max_reference_rows` reference rows take part, drawn anew for each window. Rows with NaN or infinities, in their
/// context too, are left out and counted; contexts are compared in standard deviations of the reference's, a constant one
/// in its own unit.
///
/// - Complexity: O(*P* · (*n*³ + *m*³)) time for *P* permutations of *n* and *m* rows, O((*n* + *m*)²) memory.
///
/// Source: O. Cobb and A. Van Looveren (2022), "Context-aware drift detection", ICML, arXiv:2203.08644.
package struct ContextMMDDrift: WindowTest {
    package var significance: Double { permutationTest.significance }
    /// Weights of a smoothed regression may add up to more than 1.
    package let largestEffect = Double.infinity

    /// The fewest rows of a sample.
    static let leastRows = 12

    private let reference: Tensor<Float>  // [n, d]
    private let contexts: Tensor<Float>  // [n, k], scaled
    private let scaling: Scaling
    private let sigmas: (rows: [Float], contexts: [Float])
    private let heldShare: Double
    private let folds: Int
    private let mostRows: Int
    private let permutationTest: PermutationTest

    /// Creates a test.
    ///
    /// - Parameters:
    ///   - reference: Shape `[n, …]`, finite.
    ///   - contexts: The contexts of its rows, shape `[n, k]`, finite, in their own unit.
    ///   - sigmas: Widths of the kernel of the rows, in their unit, and of that of the contexts, in deviations.
    ///   - parameters: The keys that ``ContextMMDDriftFactory`` declares.
    /// - Throws: `.tooFewRows` below 12 rows, `.nonFiniteValue`, `.shapeMismatch`.
    package init(
        reference: Tensor<Float>,
        contexts: Tensor<Float>,
        sigmas: (rows: [Float], contexts: [Float]),
        parameters: Parameters
    ) throws(MethodError) {
        self.reference = try reference.asReference(of: "ContextMMDDrift", atLeast: Self.leastRows)
        guard contexts.rows == reference.rows, contexts.shape.count == 2, contexts.elementsPerRow > 0 else {
            throw MethodError(
                .shapeMismatch,
                "the reference has shape \(reference.shape), and its contexts \(contexts.shape)",
                remedy: "Give one context for each reference row"
            )
        }
        try contexts.requireFinite("ContextMMDDrift")
        scaling = Scaling(fittedTo: contexts)
        self.contexts = scaling.scaled(contexts)
        self.sigmas = sigmas
        heldShare = parameters.number("prop_c_held")
        folds = parameters.integer("n_folds")
        mostRows = parameters.integer("max_reference_rows")
        permutationTest = PermutationTest(parameters)
    }

    package func smallestPValue(rows: Int) -> Double { permutationTest.smallestPValue }

    package func test(_ rows: Tensor<Float>, level: Double, using seed: UInt64) throws -> WindowResult {
        let (d, k) = (reference.elementsPerRow, contexts.elementsPerRow)
        guard rows.elementsPerRow == d + k else {
            throw MethodError.width(rows.elementsPerRow, expected: d + k, "ContextMMDDrift")
        }
        let whole = rows.finiteRows
        guard whole.rows >= Self.leastRows else {
            throw MethodError(
                .tooFewRows,
                "ContextMMDDrift: the window has \(whole.rows) rows without missing values",
                remedy: "Wait for at least \(Self.leastRows) rows"
            )
        }
        var generator = SeededGenerator(seed: seed)
        let order = generator.permutation(whole.rows)
        let heldCount = min(max(1, Int(Double(whole.rows) * heldShare)), whole.rows - 2)
        let (held, tested) = (order[..<heldCount].sorted(), order[heldCount...].sorted())
        let windowContexts = scaling.scaled(whole.columns(d..<d + k))
        let chosen =
            reference.rows <= mostRows
            ? Array(0..<reference.rows) : generator.sample(mostRows, of: reference.rows).sorted()
        let allRows = reference.selectingRows(chosen)
            .followed(by: whole.columns(0..<d).selectingRows(tested))
        let allContexts = contexts.selectingRows(chosen).followed(by: windowContexts.selectingRows(tested))

        let similarity = try GaussianGram.matrix(allRows, allRows, sigmas: sigmas.rows)
        let near = try GaussianGram.matrix(allContexts, allContexts, sigmas: sigmas.contexts)
        let isWindow = allRows.rows == 0 ? [] : (0..<allRows.rows).map { $0 >= chosen.count }
        func strength(_ places: Range<Int>) throws -> Double {
            try RidgeStrength.choose(
                similarity: similarity.selecting(rows: Array(places), columns: Array(places)),
                contexts: near.selecting(rows: Array(places), columns: Array(places)),
                order: generator.permutation(places.count),
                folds: folds
            )
        }
        let discrepancy = ConditionalDiscrepancy(
            similarity: similarity,
            contexts: near,
            held: try GaussianGram.matrix(
                windowContexts.selectingRows(held),
                allContexts,
                sigmas: sigmas.contexts
            ),
            strengths: (try strength(0..<chosen.count), try strength(chosen.count..<allRows.rows))
        )
        let chances = try Propensity.chances(contexts: near, isWindow: isWindow, using: &generator)
        let outcome = try permutationTest.run(
            generator,
            level: level,
            rounding: { 1e-9 * abs($0) }
        ) { generator, count, withObserved in
            var ways = withObserved ? [isWindow] : []
            for _ in 0..<count { ways.append(Self.draw(chances, using: &generator)) }
            return try ways.mappedInParallel { try discrepancy.squared(isWindow: $0) }
        }
        return outcome.result(
            significance: significance,
            effect: effect(outcome, try discrepancy.atHeldContexts(isWindow: isWindow)),
            excludedRows: rows.rows - whole.rows
        )
    }

    /// Draws which rows are the window's, each by its own chance; again where a side would have none.
    private static func draw(_ chances: [Double], using generator: inout SeededGenerator) -> [Bool] {
        for _ in 0..<1_000 {
            let drawn = chances.map { generator.uniform() < $0 }
            if drawn.contains(true), drawn.contains(false) { return drawn }
        }
        return chances.indices.map { $0 == 0 }  // chances of 0 or 1 for all rows: nothing can be drawn
    }

    /// The root of how far the discrepancy is above its mean where nothing drifted, with a 95 % interval: it varies as its
    /// parts over the held contexts do, and near equality as the drawn ones.
    private func effect(_ outcome: PermutationTest.Outcome, _ parts: [Double]) -> Effect {
        let null = Moments(outcome.null)
        let held = Moments(parts)
        let ofHeld = parts.count > 1 ? held.variance / Double(parts.count) : 0
        let margin = 1.959964 * (ofHeld + (outcome.null.count > 1 ? null.variance : 0)).squareRoot()
        let value = outcome.observed - null.mean
        func root(_ value: Double) -> Double { max(0, value).squareRoot() }
        return Effect(
            name: "conditional_mmd",
            value: root(value),
            low: root(value - margin),
            high: root(value + margin)
        )
    }
}
