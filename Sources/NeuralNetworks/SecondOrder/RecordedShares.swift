/// What several operations say of the gradient of one variable.
struct RecordedShares {
    private var whole: [Variable] = []
    private var slices: [(slice: Slice, gradient: Variable)] = []

    init(_ whole: Variable...) { self.whole = whole }

    mutating func add(_ share: Variable) { whole.append(share) }
    mutating func add(_ gradient: Variable, of slice: Slice) { slices.append((slice, gradient)) }

    /// The sum of all shares; slices that do not overlap are laid side by side, so that a sequence that was cut into its
    /// times does not become as many sequences.
    func sum(in graph: Graph) throws(NeuralNetworkError) -> Variable {
        var terms = whole
        for (axis, group) in Dictionary(grouping: slices, by: \.slice.axis).sorted(by: { $0.key < $1.key }) {
            var rest = group.sorted { $0.slice.range.lowerBound < $1.slice.range.lowerBound }
            while let source = rest.first?.slice.x {
                var pieces: [Variable] = []
                var end = 0
                func fill(until start: Int) {
                    guard start > end else { return }
                    var gap = source.shape
                    gap[axis] = start - end
                    pieces.append(graph.constant(0, shape: gap, isPerRow: source.isPerRow))
                }
                var overlapping: [(slice: Slice, gradient: Variable)] = []
                for (slice, gradient) in rest {
                    guard slice.range.lowerBound >= end else {
                        overlapping.append((slice, gradient))
                        continue
                    }
                    fill(until: slice.range.lowerBound)
                    pieces.append(gradient)
                    end = slice.range.upperBound
                }
                fill(until: source.shape[axis])
                terms.append(pieces.count == 1 ? pieces[0] : try graph.concatenate(pieces, axis: axis))
                rest = overlapping
            }
        }
        return terms.count == 1 ? terms[0] : graph.weightedSum(terms.map { (1, $0) })
    }
}
