/// The codes of a column of categories: what rows hold in place of the values on its list.
package struct CategoryCodes: Sendable {
    private let places: [String: Float]
    /// The code of every value that is not on the list.
    package let unseen: Float

    package init(_ column: ColumnDescription) {
        places = Dictionary(column.categories.enumerated().map { ($1, Float($0)) }) { first, _ in first }
        unseen = Float(column.categories.count)
    }

    /// The place of a value on the list.
    package func code(of value: String) -> Float { places[value] ?? unseen }

    /// The code of a number, as the list spells it: whole ones without a point, 1 and 0 also as the truth values that they
    /// are where a column of them misses one; NaN where it is missing.
    package func code(of value: Double) -> Float {
        guard !value.isNaN else { return .nan }
        if let place = places[Int64(exactly: value).map(String.init) ?? "\(value)"] { return place }
        return value == 1 ? code(of: "true") : value == 0 ? code(of: "false") : unseen
    }
}
