/// The mean over rows of `max(0, |a − p| − |a − n| + margin)` with Euclidean distances: an anchor should lie nearer to its
/// like than to another, by a margin.
///
/// Source: F. Schroff et al. (2015), "FaceNet", arXiv:1503.03832. As in PyTorch, 1e-6 is added to each difference, which
/// keeps the slope of a distance of 0 finite.
final class TripletLoss: Operation {
    private let anchor: Variable
    private let positive: Variable
    private let negative: Variable
    let output: Variable
    private let margin: Float
    private static let offset: Float = 1e-6

    init(anchor: Variable, positive: Variable, negative: Variable, margin: Float, in graph: Graph) {
        self.anchor = anchor
        self.positive = positive
        self.negative = negative
        self.margin = margin
        output = graph.output(shape: [], isPerRow: false, of: [anchor, positive, negative])
    }

    var inputs: [Variable] { [anchor, positive, negative] }

    private func distance(_ other: Variable, _ row: Int) -> Double {
        var total = 0.0
        for index in row * anchor.size..<(row + 1) * anchor.size {
            let difference = Double(anchor.value[index] - other.value[index] + Self.offset)
            total += difference * difference
        }
        return total.squareRoot()
    }

    private func excess(_ row: Int) -> Double {
        distance(positive, row) - distance(negative, row) + Double(margin)
    }

    func forward(_ pass: Pass) {
        var total = 0.0
        for row in 0..<pass.rows { total += max(excess(row), 0) }
        output.value[0] = Float(total / Double(pass.rows))
    }

    func backward(_ pass: Pass) {
        let share = output.gradient[0] / Float(pass.rows)
        for row in 0..<pass.rows {
            let isActive = excess(row) > 0
            let towards = isActive ? share / Float(distance(positive, row)) : 0
            let away = isActive ? share / Float(distance(negative, row)) : 0
            for index in row * anchor.size..<(row + 1) * anchor.size {
                let pull = towards * (anchor.value[index] - positive.value[index] + Self.offset)
                let push = away * (anchor.value[index] - negative.value[index] + Self.offset)
                anchor.addGradient(pull - push, at: index)
                positive.addGradient(-pull, at: index)
                negative.addGradient(push, at: index)
            }
        }
    }
}
