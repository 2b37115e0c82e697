/// A text that a label has to be: `*` stands for any run of characters, also none; everything else for itself.
package struct LabelPattern: Sendable, Hashable, CustomStringConvertible {
    private let text: [Unicode.Scalar]

    package init(_ text: String) { self.text = Array(text.unicodeScalars) }

    package var description: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return String(view)
    }

    /// Whether it takes nothing but itself.
    package var isLiteral: Bool { !text.contains("*") }

    /// Whether the whole of a value has this form.
    ///
    /// - Complexity: O(*pattern* × *value*) at worst, without recursion: a hostile value cannot make it slower.
    package func matches(_ value: String) -> Bool {
        let value = Array(value.unicodeScalars)
        var (place, index) = (0, 0)
        // Where to go on when what follows the latest star does not match.
        var (star, retry) = (-1, 0)
        while index < value.count {
            if place < text.count, text[place] == "*" {
                (star, retry) = (place, index)
                place += 1
            } else if place < text.count, text[place] == value[index] {
                place += 1
                index += 1
            } else if star >= 0 {
                retry += 1
                (place, index) = (star + 1, retry)
            } else {
                return false
            }
        }
        return text[place...].allSatisfy { $0 == "*" }
    }
}
