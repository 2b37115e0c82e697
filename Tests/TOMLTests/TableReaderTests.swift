import TOML
import Testing

/// A library's own error, for tests.
private struct Failure: TOMLReadingFailure {
    let error: TOMLError
    init(_ error: TOMLError) { self.error = error }
}

private enum Colour: String, CaseIterable { case red, green }

@Suite struct `Reading a table strictly` {
    private static func table(_ text: String, absent: String? = nil) throws -> TableReader<Failure> {
        try TableReader(parsing: text, absent: absent)
    }

    @Test func `gives values of their types, and what stands in for absent ones`() throws {
        let table = try Self.table(
            """
            text = "x"
            texts = ["a", "b"]
            colour = "green"
            integer = 7
            number = 2
            numbers = [1, 2.5]
            flag = true
            [inner]
            deep = { x = 1 }
            [[list]]
            x = 1
            [[list]]
            """
        )
        #expect(try table.text("text") == "x" && table.text("other", default: "y") == "y")
        #expect(try table.optionalText("absent") == nil)
        #expect(try table.texts("texts") == ["a", "b"])
        #expect(try table.choice("colour") == Colour.green && table.choice("hue", default: Colour.red) == .red)
        #expect(try table.integer("integer", in: 1...7) == 7 && table.integer("size", default: 3) == 3)
        #expect(try table.number("number") == 2 && table.numbers("numbers") == [1, 2.5])
        #expect(try table.flag("flag", default: false) && table.flag("no", default: true))
        #expect(try table.optionalTable("inner")?.optionalTable("deep")?.integer("x") == 1)
        let list = try table.tables("list")
        #expect(try list.count == 2 && list[0].integer("x") == 1 && list[1].optionalInteger("x") == nil)
        try table.finish()
    }

    @Test func `lists every unknown key with its place, and the known ones`() throws {
        let table = try Self.table("a = 1\nb = 2\n'c d' = 3")
        _ = try table.integer("a")
        _ = try table.optionalText("zone")
        let error = try #require(throws: Failure.self) { try table.finish() }.error
        #expect(error.code == .unknownKey)
        #expect(
            error.message
                == "the top level has the unknown keys b (line 2, column 1), \"c d\" (line 3, column 1)"
        )
        #expect(error.remedy == "Known keys here: a, zone")
    }

    @Test func `looks for unknown keys in the tables within`() throws {
        let table = try TableReader<Failure>(parsing: "[[a]]\nx = 1\n[[a]]\ny = 1", file: "f.toml")
        for inner in try table.tables("a") { _ = try inner.optionalInteger("x") }
        let error = try #require(throws: Failure.self) { try table.finish() }.error
        #expect(error.message == "f.toml [a.1] has the unknown key y (line 4, column 1)")
    }

    @Test func `names the key, its value, its place and what may stand there`() throws {
        let table = try Self.table("a = 11\n[b]\nc = [1, 'x']\nd = nan\ncolour = \"blue\"")
        let whole = try #require(throws: Failure.self) { try table.integer("a", in: 1...10) }.error
        #expect(whole.message == "a in the top level is 11 (line 1, column 5)")
        #expect(whole.remedy == "It should be a whole number from 1 to 10")
        let inner = try #require(try table.optionalTable("b"))
        let list = try #require(throws: Failure.self) { try inner.numbers("c") }.error
        #expect(list.message == "c in [b] is [1, \"x\"] (line 3, column 5)")
        let number = try #require(throws: Failure.self) { try inner.number("d", in: 0...Double.infinity) }.error
        #expect(number.remedy == "It should be a number from 0.0 up")
        let choice = try #require(throws: Failure.self) { _ = try inner.choice("colour") as Colour }.error
        #expect(choice.remedy == "It should be one of \"red\", \"green\"")
        let missing = try #require(throws: Failure.self) { try inner.text("e") }.error
        #expect(missing.code == .missingKey && missing.message == "[b] has no e (line 2, column 2)")
        for refused in [
            { _ = try table.optionalTable("a") }, { _ = try table.optionalTables("b") }, { _ = try table.text("a") },
            { _ = try table.flag("a", default: true) }, { _ = try table.texts("a") },
        ] as [() throws -> Void] {
            let error = try #require(throws: Failure.self) { try refused() }.error
            #expect(error.code == .invalidValue && !error.remedy.isEmpty)
        }
    }

    @Test func `shows no more of a value than fits a line`() throws {
        let table = try Self.table("a = [\(Array(repeating: "1", count: 1_000).joined(separator: ", "))]")
        let error = try #require(throws: Failure.self) { try table.text("a") }.error
        #expect(error.message.count < 120)
    }

    @Test func `takes a stand-in for absent`() throws {
        let table = try Self.table("a = \"None\"\n[b]\nc = \"None\"", absent: "None")
        #expect(try table.optionalText("a") == nil && table.optionalTable("b")?.integer("c", default: 5) == 5)
        try table.finish()
    }

    @Test func `says where a text is no TOML`() throws {
        let error = try #require(throws: Failure.self) {
            try TableReader<Failure>(parsing: "a = 1\nb = ", file: "model.toml")
        }.error
        #expect(error.message.hasPrefix("model.toml is not TOML at line 2, column 5: "))
    }
}
