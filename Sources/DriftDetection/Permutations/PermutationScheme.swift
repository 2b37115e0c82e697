import JSON
import Methods
import Statistics
import Tensors

/// Which rows change places where nothing drifted: what the rows of a stream have to be for a test by permutation to hold.
///
/// A permutation of rows takes them for exchangeable. Rows that resemble those before them are not, and a window of such
/// rows strays further from the reference than a random choice of rows does. Blocks of rows that are longer than the
/// dependence are about exchangeable, and a stretch of a stationary stream is like any other stretch.
enum PermutationScheme: Sendable, Equatable {
    /// Every row by itself.
    case rows
    /// Blocks of at least so many consecutive rows, that divide the window as it comes.
    case blocks(length: Int)
    /// The window is moved along the circle that reference and window make.
    case circularShift

    /// Columns whose order an automatic length is read from; of more, as many are taken evenly.
    private static let mostColumns = 64
    /// Rows that it is read from; of more, the last.
    private static let mostRows = 20_000

    /// The keys of a test whose rows may depend on each other; without defaults, so that a configuration which does not
    /// know them keeps its hash.
    static let parameters: [Parameter] = [
        Parameter(
            "permutation",
            .choice(["rows", "blocks", "circular-shift"]),
            "What changes places where nothing drifted: every row by itself where it is absent, or in streams whose rows resemble those before them blocks of rows, or the window as a whole."
        ),
        Parameter(
            "block_length",
            .integer(1...1_000_000),
            "Rows of a block, at least; by Politis and White's rule from the reference where absent."
        ),
    ]

    /// Reads the keys of a test.
    ///
    /// - Parameter reference: Rows in the order of time, shape `[n, …]`, whose dependence gives the length of blocks where
    ///   none is given; NaN is passed over.
    /// - Throws: `.invalidConfiguration` for a length where nothing is cut into blocks.
    /// - Complexity: That of ``BlockLength/circular(_:)`` for at most 64 columns of 20,000 rows, only for blocks without a
    ///   length.
    init(_ parameters: Parameters, reference: Tensor<Float>) throws(MethodError) {
        let length = parameters.optionalInteger("block_length")
        switch parameters.optionalText("permutation") ?? "rows" {
        case "blocks": self = .blocks(length: length ?? Self.length(of: reference))
        case let other:
            guard length == nil else {
                throw MethodError(
                    .invalidConfiguration,
                    "block_length is given, and permutation is \(other)",
                    remedy: "Set permutation = \"blocks\", or leave block_length out"
                )
            }
            self = other == "circular-shift" ? .circularShift : .rows
        }
    }

    /// The largest length that a column's dependence asks for, rounded up.
    private static func length(of reference: Tensor<Float>) -> Int {
        let width = reference.elementsPerRow
        let first = max(0, reference.rows - mostRows)
        let columns = stride(from: 0, to: width, by: max(1, (width + mostColumns - 1) / mostColumns))
        let longest = reference.withUnsafeBufferPointer { values in
            columns.reduce(1.0) { longest, column in
                let series = (first..<reference.rows).map { Double(values[$0 * width + column]) }
                return max(longest, BlockLength.circular(series.filter(\.isFinite)))
            }
        }
        return Int(longest.rounded(.up))
    }

    /// The smallest p-value that so many ways to choose a window allow, however many are drawn.
    func smallestPValue(reference: Int, window: Int) -> Double {
        switch self {
        case .rows: return 0
        case .circularShift: return 1 / Double(max(1, reference + window))
        case .blocks(let length):
            let layout = BlockLayout(reference: reference, window: max(1, window), length: length)
            // One by the number of ways to choose the window's blocks.
            return (0..<layout.blocksOfWindow).reduce(1.0) {
                $0 * Double($1 + 1) / Double(layout.count - $1)
            }
        }
    }

    /// What a verdict says of the scheme.
    var details: [String: [Double]] {
        if case .blocks(let length) = self { ["block_length": [Double(length)]] } else { [:] }
    }
}

/// A pooled sample cut into blocks of one size, of which whole numbers lie in reference and window.
///
/// The oldest rows of either sample that fill no block stay where they are, in every permutation.
struct BlockLayout: Sendable {
    /// Rows of a block: at least the length that was asked for, where the window has so many.
    let size: Int
    /// Blocks of the window, at least one.
    let blocksOfWindow: Int
    /// Blocks of both samples, those of the reference first.
    let count: Int
    /// Rows of the window before its first block.
    let kept: Range<Int>
    private let blocksOfReference: Int
    private let start: Int

    /// - Parameter window: Rows of the window, at least one.
    init(reference: Int, window: Int, length: Int) {
        blocksOfWindow = max(1, window / max(1, length))
        size = window / blocksOfWindow
        blocksOfReference = reference / size
        count = blocksOfReference + blocksOfWindow
        start = reference - blocksOfReference * size
        kept = reference..<reference + window - blocksOfWindow * size
    }

    /// The rows of a block in the pooled sample.
    func rows(of block: Int) -> Range<Int> {
        let first =
            block < blocksOfReference
            ? start + block * size : kept.upperBound + (block - blocksOfReference) * size
        return first..<first + size
    }
}
