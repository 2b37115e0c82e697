import Statistics
package import Tensors

/// In which slices of a window rows changed, when the window as a whole did.
///
/// Within a slice each other column is compared with the same slice of the reference: numbers by Kolmogorov and Smirnov's
/// test, exactly where samples are small, categories by Pearson's where at least 5 are expected in every cell, else by the
/// gap of their codes, whose p-value is then too large and never too small. A slice's p-value is the smallest of its
/// columns', times their number; those of all slices are adjusted so that among the slices that are told at most a share
/// `q` is false, on average. That they are looked for only where the window drifted makes it less, since no slice is told
/// of other windows. How large a slice is, is not tested: that is the drift of its column.
///
/// - Complexity: O(slices · columns · rows · log rows) for a window that drifted, nothing for others.
///
/// Source: Y. Benjamini and Y. Hochberg (1995); Y. Benjamini and D. Yekutieli (2001), Annals of Statistics 29,
/// pp. 1165–1188.
package struct SliceAttribution: Sendable {
    /// What was found in one slice.
    package struct Finding: Sendable, Equatable {
        /// The slice.
        package var slice: Slice
        /// Rows of the slice in the window.
        package var count: Int
        /// Rows of the slice in the reference.
        package var referenceCount: Int
        /// The column that changed most within it.
        package var column: Int
        /// How much it changed: the largest gap of the distribution functions, or the total variation of shares.
        package var effect: Double
        /// The p-value of the slice alone.
        package var pValue: Double
        /// The same, adjusted for the number of slices.
        package var adjustedPValue: Double
        /// Whether the slice is told to have changed.
        package var isDrift: Bool
    }

    /// The slices that reference rows are cut into.
    package let slices: [Slice]
    private let reference: Tensor<Float>
    private let categories: Set<Int>
    private let configuration: SliceConfiguration

    /// Cuts a reference.
    ///
    /// - Parameters:
    ///   - reference: Shape `[n, …]`, in the unit that slices are told in.
    ///   - categories: Columns whose values are codes.
    /// - Throws: `.invalidConfiguration` for a column that there is not, or where no column is left to compare.
    package init(
        _ configuration: SliceConfiguration,
        reference: Tensor<Float>,
        categories: Set<Int>
    ) throws(MethodError) {
        let width = reference.elementsPerRow
        guard width > 1, configuration.columns.allSatisfy({ $0 < width }) else {
            throw MethodError(
                .invalidConfiguration,
                "columns of [slices] are \(configuration.columns), and rows have \(width) values",
                remedy: "Name columns from 0 to \(width - 1), of rows that have another column to compare"
            )
        }
        self.configuration = configuration
        self.reference = reference
        self.categories = categories
        slices = configuration.columns.flatMap { column in
            Slice.cut(
                column,
                reference.withUnsafeBufferPointer { values in
                    (0..<reference.rows).map { values[$0 * width + column] }
                },
                isCategory: categories.contains(column),
                bins: configuration.bins
            )
        }
    }

    /// What is found in each slice that has enough rows, the most striking first.
    ///
    /// - Parameter window: Shape `[m, …]`, rows of the reference's width.
    package func findings(in window: Tensor<Float>) -> [Finding] {
        let width = reference.elementsPerRow
        guard window.elementsPerRow == width else { return [] }
        func rows(of slice: Slice, in rows: Tensor<Float>) -> [Int] {
            rows.withUnsafeBufferPointer { values in
                (0..<rows.rows).filter { slice.holds(values[$0 * width + slice.column]) }
            }
        }
        var findings: [Finding] = []
        for slice in slices {
            let (before, now) = (rows(of: slice, in: reference), rows(of: slice, in: window))
            guard min(before.count, now.count) >= configuration.leastRows else { continue }
            findings.append(finding(slice, reference.selectingRows(before), window.selectingRows(now)))
        }
        let adjusted =
            switch configuration.correction {
            case .falseDiscoveryRate: MultipleTesting.benjaminiHochberg(findings.map(\.pValue))
            case .falseDiscoveryRateUnderDependence: MultipleTesting.benjaminiYekutieli(findings.map(\.pValue))
            }
        for (index, pValue) in adjusted.enumerated() {
            findings[index].adjustedPValue = pValue
            findings[index].isDrift = pValue <= configuration.falseShare
        }
        return findings.sorted { ($0.pValue, $1.effect) < ($1.pValue, $0.effect) }
    }

    private func finding(_ slice: Slice, _ before: Tensor<Float>, _ now: Tensor<Float>) -> Finding {
        let width = reference.elementsPerRow
        var best = Finding(
            slice: slice,
            count: now.rows,
            referenceCount: before.rows,
            column: slice.column,
            effect: 0,
            pValue: 1,
            adjustedPValue: 1,
            isDrift: false
        )
        for column in 0..<width where column != slice.column {
            func values(_ rows: Tensor<Float>) -> [Double] {
                rows.withUnsafeBufferPointer { all in
                    (0..<rows.rows).map { Double(all[$0 * width + column]) }.filter { !$0.isNaN }.sorted()
                }
            }
            let (a, b) = (values(before), values(now))
            guard !a.isEmpty, !b.isEmpty else { continue }
            let (pValue, effect) = categories.contains(column) ? Self.compareCodes(a, b) : Self.compareNumbers(a, b)
            if pValue < best.pValue || (pValue == best.pValue && effect > best.effect) {
                (best.column, best.pValue, best.effect) = (column, pValue, effect)
            }
        }
        best.pValue = min(1, best.pValue * Double(width - 1))
        return best
    }

    private static func compareNumbers(_ a: [Double], _ b: [Double]) -> (pValue: Double, effect: Double) {
        let gap = KolmogorovSmirnov.statistic(sortedReference: a, sortedTest: b)
        // The exact law costs a step for each pair of values.
        let isSmall = a.count * b.count <= 100_000
        let p = KolmogorovSmirnov.pValue(
            statistic: gap,
            referenceCount: a.count,
            testCount: b.count,
            method: isSmall ? .exact : .asymptotic
        ).pValue
        return (min(1, max(p, .leastNormalMagnitude)), gap)
    }

    private static func compareCodes(_ a: [Double], _ b: [Double]) -> (pValue: Double, effect: Double) {
        let codes = Array(Set(a + b)).sorted()
        func counts(_ values: [Double]) -> [Int] {
            let own = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
            return codes.map { own[$0] ?? 0 }
        }
        let (first, second) = (counts(a), counts(b))
        let effect = CategoryDistance.totalVariation.between(first.map(Double.init), second.map(Double.init))
        let table = TwoRowTable(checked: first, second)
        guard table.smallestExpectedCount >= 5 else { return (compareNumbers(a, b).pValue, effect) }
        return (min(1, max(table.chiSquared().pValue, .leastNormalMagnitude)), effect)
    }
}
