import Mustache

/// Escapes text for HTML, inside elements and inside quoted attributes.
///
/// It goes by Unicode scalar. Mustache's own goes by `Character`, where a quotation mark followed by a combining mark is
/// one character that is not a quotation mark, and so would end an attribute.
package struct HTMLText: MustacheContentType {
    /// The name that a template asks for it by.
    static let name = "VEDETTE_HTML"

    package init() {}

    package func escapeText(_ text: String) -> String { Self.escaped(text) }

    /// Returns the text with `& < > " '` as references, and without control characters that HTML forbids.
    package static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            case "\0"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}": escaped.append("\u{FFFD}")
            // Marks that turn the direction of text could make an id look like another.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": escaped.append("\u{FFFD}")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
