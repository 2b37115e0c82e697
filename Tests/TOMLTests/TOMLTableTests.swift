import JSON
import TOML
import TestSupport
import Testing

@Suite struct `TOML documents` {
    /// A document, and the same as one inline table; by hand, from the specification's text.
    static let valid: [(text: String, table: String)] = [
        ("", "{}"),
        ("\u{FEFF}a = 1", "{ a = 1 }"),
        ("# only a comment\r\n\t \n", "{}"),
        ("a = 1 # one\r\nb=2", "{ a = 1, b = 2 }"),
        ("1 = 1\n-_ = 2\n\"\" = 3\n'a b' = 4\n\"\\u00e9\" = 5", "{ 1 = 1, -_ = 2, \"\" = 3, \"a b\" = 4, \"é\" = 5 }"),
        ("a . \"b.c\" . d = 1\na.e = 2", "{ a = { \"b.c\" = { d = 1 }, e = 2 } }"),
        ("3.14 = true", "{ 3 = { 14 = true } }"),
        ("[a.b]\nx = 1\n[a]\ny = 2\n[a.c]", "{ a = { b = { x = 1 }, y = 2, c = {} } }"),
        ("[a]\nb.c = 1\n[a.b.d]\ne = 2", "{ a = { b = { c = 1, d = { e = 2 } } } }"),
        ("[ a . 'b' ]", "{ a = { b = {} } }"),
        ("[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2", "{ a = [{ x = 1 }, { b = { y = 2 } }] }"),
        ("[[a.b]]\n[[a.b.c]]\n[[a.b.c]]", "{ a = { b = [{ c = [{}, {}] }] } }"),
        ("a = [ 1, # one\n 2,\n\n [ 'x' ], ]", "{ a = [1, 2, [\"x\"]] }"),
        ("a = { b = 1, c.d = 2, e = {} }", "{ a = { b = 1, c = { d = 2 }, e = {} } }"),
        ("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00E9\\U0001F600\"", "{ a = \"\\u0008\\t\\n\\u000C\\u000D\\\"\\\\é😀\" }"),
        ("a = 'C:\\x'", "{ a = \"C:\\\\x\" }"),
        ("a = \"\"\"\n1\n\\\n   2 \\  \n\n 3\"\"\"", "{ a = \"1\\n2 3\" }"),
        ("a = \"\"\"\"q\" \"\"\"\"\"", "{ a = \"\\\"q\\\" \\\"\\\"\" }"),
        ("a = '''\r\n'x'\\n\r\n'''", "{ a = \"'x'\\\\n\\n\" }"),
        ("a = [+1, -1, +0, 1_000, 0xDEAD_beef, 0o755, 0b1010]", "{ a = [1, -1, 0, 1000, 3735928559, 493, 10] }"),
        ("a = [-9223372036854775808, 9223372036854775807]", "{ a = [-9223372036854775808, 9223372036854775807] }"),
        ("a = [1.5, -0.0, 5e+22, 6.626E-34, 1_0.0_1, 1e06]", "{ a = [1.5, -0.0, 5e+22, 6.626e-34, 10.01, 1000000.0] }"),
        ("a = [inf, +inf, -inf, nan, -nan]", "{ a = [inf, inf, -inf, nan, nan] }"),
        (
            "a = [1979-05-27, 07:32:00.5, 2000-02-29t07:32:00z]",
            "{ a = [1979-05-27, 07:32:00.5, 2000-02-29T07:32:00Z] }"
        ),
        ("a = 1979-05-27 07:32:00-08:00 # c", "{ a = 1979-05-27T07:32:00-08:00 }"),
    ]

    @Test(arguments: valid)
    func `are read as the specification says`(text: String, table: String) throws {
        let parsed = try TOMLTable(parsing: text)
        #expect("\(parsed)" == table)
    }

    /// A text, the place that its error names, and a word of what is wrong.
    static let invalid: [(text: String, line: Int, column: Int, mention: String)] = [
        ("a", 1, 2, "end of the text"),
        ("a = ", 1, 5, "a value should stand"),
        ("a == 1", 1, 4, "'='"),
        ("é = 1", 1, 1, "'é'"),
        ("a = \"é\" 1", 1, 9, "'1'"),
        ("\n\na = 1 b = 2", 3, 7, "'b'"),
        ("= 1", 1, 1, "a key"),
        ("a. = 1", 1, 4, "a key"),
        ("\"\"\"a\"\"\" = 1", 1, 1, "three quotes"),
        ("a = yes", 1, 5, "yes is no value"),
        ("a = True", 1, 5, "True"),
        ("a = 01", 1, 5, "01"),
        ("a = 1_", 1, 5, "1_"),
        ("a = 1__0", 1, 5, "1__0"),
        ("a = .5", 1, 5, ".5"),
        ("a = 5.", 1, 5, "5."),
        ("a = 1e", 1, 5, "1e"),
        ("a = +0x1", 1, 5, "+0x1"),
        ("a = 0xG", 1, 5, "0xG"),
        ("a = 9223372036854775808", 1, 5, "too large"),
        ("a = 1e400", 1, 5, "too large"),
        ("a = 2023-02-29", 1, 5, "no date"),
        ("a = 24:00:00", 1, 5, "no date or time"),
        ("a = 07:32", 1, 5, "no date or time"),
        ("a = \"b", 1, 5, "not closed"),
        ("a = \"b\nc\"", 1, 5, "not closed"),
        ("a = \"\"\"b\"\"", 1, 5, "not closed"),
        ("a = \"\\x\"", 1, 6, "'x'"),
        ("a = \"\\uD800\"", 1, 6, "no character"),
        ("a = \"\\u12\"", 1, 6, "no character"),
        ("a = \"\u{1}\"", 1, 6, "U+0001"),
        ("# \u{7F}", 1, 3, "U+007F"),
        ("a = 1\rb = 2", 1, 6, "end of the line"),
        ("a = [1 2]", 1, 8, "begins at line 1, column 5"),
        ("a = [,]", 1, 6, "','"),
        ("a = {b = 1,}", 1, 12, "'}'"),
        ("a = {b = 1\n}", 1, 11, "one line"),
        ("[a", 1, 3, "a header"),
        ("[[a]", 1, 5, "a header"),
        ("[]", 1, 2, "a key"),
        ("[a] b = 1", 1, 5, "'b'"),
        ("a = 1\na = 2", 2, 1, "line 1, column 1"),
        ("a = 1\n[a]", 2, 2, "already there"),
        ("[a]\n[a]", 2, 2, "already there"),
        ("[a]\nb = 1\n[a.b]", 3, 4, "a.b is already"),
        ("a = 1\na.b = 2", 2, 1, "already there"),
        ("a = {}\na.b = 2", 2, 1, "already there"),
        ("a = {}\n[a.b]", 2, 2, "already there"),
        ("a = []\n[[a]]", 2, 3, "already there"),
        ("[a]\n[[a]]", 2, 3, "already there"),
        ("[[a]]\n[a]", 2, 2, "already there"),
        ("[a.b]\n[a]\nb.c = 1", 3, 1, "already there"),
        ("[a]\nb.c = 1\n[a.b]", 3, 4, "already there"),
        ("a = { b = { c = 1 }, b.d = 2 }", 1, 22, "already there"),
    ]

    @Test(arguments: invalid)
    func `that break a rule are refused at their place`(text: String, line: Int, column: Int, mention: String) throws {
        let error = try #require(throws: TOMLError.self) { try TOMLTable(parsing: text) }
        #expect(error.code == .invalidSyntax)
        #expect(error.position.line == line && error.position.column == column, "\(error.position)")
        #expect("\(error)".contains(mention), "\(error)")
        #expect(!error.remedy.isEmpty)
    }

    @Test(arguments: [
        "a = " + String(repeating: "[", count: 100_000),
        "a = " + String(repeating: "{a=", count: 100_000),
        "[" + Array(repeating: "a", count: 100_000).joined(separator: ".") + "]",
        Array(repeating: "a", count: 100_000).joined(separator: ".") + " = 1",
        "a = " + String(repeating: "{a.a.a=", count: 100_000),
    ])
    func `nested without end are refused`(text: String) throws {
        let error = try #require(throws: TOMLError.self) { try TOMLTable(parsing: text) }
        #expect(error.code == .tooDeep)
    }

    @Test func `may be nested as deep as it says`() throws {
        let depth = TOMLTable.deepest
        let array = "a = " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let tables = "[" + Array(repeating: "a", count: depth).joined(separator: ".") + "]"
        for text in [array, tables] { _ = try TOMLTable(parsing: text) }
        #expect(throws: TOMLError.self) { try TOMLTable(parsing: tables + "\nb = []") }
    }

    @Test func `know where each key and value stands`() throws {
        let table = try TOMLTable(parsing: "'é' = 'ü' \n\n[a]\n  b.c = \"\"\"\n\n\"\"\"\n  d = [1,\n 22]")
        let first = try #require(table.entries.first)
        #expect(first.position == .start && "\(first.value.position)" == "line 1, column 7")
        let inner = try #require(table["a"]?.table)
        #expect("\(inner.entries[0].position)" == "line 4, column 3")
        #expect("\(inner.entries[1].position)" == "line 7, column 3")
        let array = try #require(inner["d"]?.array)
        #expect(array.map { "\($0.position)" } == ["line 7, column 8", "line 8, column 2"])
    }

    @Test func `give what Python's reader gives`() throws {
        let cases = try #require(ReferenceValues.read("documents")["documents"]?.array)
        #expect(cases.count >= 500)
        for item in cases {
            let text = try #require(item["text"]?.string)
            let parsed = try? TOMLTable(parsing: text)
            switch (parsed, try item["table"]?.string.flatMap { try JSONValue(parsing: $0).object }) {
            case (nil, nil): break
            case (let parsed?, let expected?):
                #expect(TaggedValue.matches(parsed, expected), "\(text.debugDescription)")
            case (nil, _?): Issue.record("refused: \(text.debugDescription)")
            case (_?, nil): Issue.record("accepted: \(text.debugDescription)")
            }
        }
    }

    @Test func `in random pieces never crash, and what is read reads back from its own text`() throws {
        let pieces = [
            "a", "b", ".", " = ", "=", "1", "-", "+", "0x", "_", "e", "1.5", "inf", "nan", "true", "\"", "'", "\"\"\"",
            "'''", "\\", "\\u00e9", "[", "]", "[[", "]]", "{", "}", ",", "\n", "\r\n", "\r", " ", "\t", "#", "é", "😀",
            "1979-05-27", "T07:32:00", "Z", "\u{0}", "a = 1\n", "[a.b]\n", "[[c]]\n", "x = { y = 1 }\n", "z = [1, 2]\n",
        ]
        var generator = SplitMix(seed: 17)
        var read = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...24, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            guard let table = try? TOMLTable(parsing: text) else { continue }
            read += 1
            let again = try TOMLTable(parsing: "whole = \(table)")
            #expect("\(table)" == again["whole"]?.description, "\(text.debugDescription)")
        }
        #expect(read > 200)  // else the pieces make nothing
    }
}
