import Dashboard
import Testing

@Suite struct `HTML text` {
    static let texts: [(String, String)] = [
        ("a & b", "a &amp; b"), ("<script>", "&lt;script&gt;"), ("\"'", "&quot;&#39;"),
        ("\"\u{301} onload=x", "&quot;\u{301} onload=x"),  // one Character, and still a quotation mark
        ("<\u{301}b>", "&lt;\u{301}b&gt;"), ("a\0b\u{1B}", "a\u{FFFD}b\u{FFFD}"), ("a\u{202E}b", "a\u{FFFD}b"),
        ("Zürich 日本 👩‍👩‍👧", "Zürich 日本 👩‍👩‍👧"),
    ]

    @Test(arguments: texts)
    func `leaves nothing that HTML would read as its own`(text: String, expected: String) {
        #expect(HTMLText.escaped(text) == expected)
    }
}
