import TOML
import TestSupport
import Testing

@Suite struct `Text as TOML writes it` {
    @Test func `reads back, whatever it holds`() throws {
        var generator = SplitMix(seed: 3)
        let pieces = ["\"", "\\", "\n", "\t", "\u{0}", "\u{7F}", "'", "a", "é", "😀", "\u{1B}", "\"\"\"", " ", "\r"]
        for _ in 0..<500 {
            let text = (0..<8).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            let table = try TOMLTable(parsing: "\(TOMLText.key(text)) = \(TOMLText.list([text, "b"]))")
            #expect(table.entries[0].key == text)
            #expect(table.entries[0].value.array?.compactMap(\.text) == [text, "b"])
        }
    }

    @Test(arguments: [("a-B_9", "a-B_9"), ("", "\"\""), ("a b", "\"a b\""), ("é", "\"é\""), ("a.b", "\"a.b\"")])
    func `puts keys in quotes where they need them`(key: String, text: String) { #expect(TOMLText.key(key) == text) }
}
