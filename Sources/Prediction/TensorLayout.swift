package import Tensors

/// How the rows of a batch become one of the tensors that a model outside of this process takes: which columns go
/// where, in which type and shape.
package struct TensorLayout: Sendable, Hashable {
    /// A column's way from a row of the batch into a row of the tensor.
    package struct Part: Sendable, Hashable {
        /// The column.
        package let name: String
        /// Where it starts in a row of the batch.
        package let source: Int
        /// Where it starts in a row of the tensor.
        package let target: Int
        /// How many values it has.
        package let count: Int
        /// What each code stands for, for a category whose tensor does not hold codes.
        package let meanings: Meanings?
    }

    /// What the codes of a category stand for.
    package enum Meanings: Sendable, Hashable {
        /// For a tensor of texts.
        case texts([String])
        /// For a tensor of numbers, where every category is one.
        case numbers([Double])

        var count: Int {
            switch self {
            case .texts(let texts): texts.count
            case .numbers(let numbers): numbers.count
            }
        }
    }

    /// A column and its place in a row of the batch.
    package typealias Placed = (column: ColumnDescription, place: Int)

    /// The tensor's name.
    package let name: String
    /// The type of its elements.
    package let datatype: ElementType
    /// The shape of one row.
    package let rowShape: [Int]
    package let parts: [Part]
    /// Whether rows come as height, width, channels and the tensor holds channels first.
    package let isChannelsFirst: Bool

    /// Elements of one row.
    package var width: Int { rowShape.reduce(1, *) }

    /// Makes a layout.
    ///
    /// - Parameters:
    ///   - rowShape: The shape of a row that the model asks for; nil takes what the columns say.
    /// - Throws: `.invalidDescription` for columns that leave gaps in the tensor's rows, overlap, do not fill the shape,
    ///   or are texts without categories.
    package init(
        _ name: String,
        datatype: ElementType,
        rowShape: [Int]? = nil,
        columns: [Placed]
    ) throws(PredictionError) {
        let places = columns.map { $0.column.index..<$0.column.index + $0.column.elementCount }
        let width = places.map(\.upperBound).max() ?? 0
        let covered = places.sorted { $0.lowerBound < $1.lowerBound }
            .reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 }
        let only = columns.count == 1 ? columns[0].column : nil
        let shape = rowShape ?? only?.shape ?? [width]
        guard covered == width, width > 0, shape.reduce(1, *) == width else {
            throw PredictionError(
                .invalidDescription,
                "the columns of the tensor \(name) leave gaps in its rows of \(shape), or overlap",
                remedy: "Let the index and shape of the columns in schema.toml fill a row of the tensor"
            )
        }
        var parts: [Part] = []
        for (column, place) in columns {
            let meanings = Self.meanings(of: column, in: datatype)
            guard datatype != .bytes || meanings != nil else {
                throw PredictionError(
                    .invalidDescription,
                    "the tensor \(name) holds texts, and the column \(column.name) names no categories",
                    remedy: "List its texts as categories in schema.toml"
                )
            }
            parts.append(
                Part(
                    name: column.name,
                    source: place,
                    target: column.index,
                    count: column.elementCount,
                    meanings: meanings
                )
            )
        }
        self.name = name
        self.datatype = datatype
        self.rowShape = shape
        self.parts = parts
        isChannelsFirst = only.map { Self.isOtherLayout($0, shape) } ?? false
    }

    /// Each column with its place in a row.
    package static func placed(_ columns: [ColumnDescription]) -> [Placed] {
        var place = 0
        return columns.map { column in
            defer { place += column.elementCount }
            return (column, place)
        }
    }

    /// Whether the schema describes an image channels last, and the model takes the same channels first.
    private static func isOtherLayout(_ column: ColumnDescription, _ row: [Int]) -> Bool {
        let shape = column.shape
        guard column.kind == .image, column.layout == .channelsLast, shape.count == 3, row.count == 3 else {
            return false
        }
        return row == [shape[2], shape[0], shape[1]] && row != shape
    }

    /// Texts for a tensor of texts; numbers where every category is one, else nothing: then the tensor holds codes.
    private static func meanings(of column: ColumnDescription, in datatype: ElementType) -> Meanings? {
        guard column.kind == .category || datatype == .bytes, !column.categories.isEmpty else { return nil }
        if datatype == .bytes { return .texts(column.categories) }
        let numbers = column.categories.compactMap(Double.init)
        return numbers.count == column.categories.count ? .numbers(numbers) : nil
    }
}
