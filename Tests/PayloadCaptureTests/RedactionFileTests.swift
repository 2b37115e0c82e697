import PayloadCapture
import ServiceKit
import TestSupport
import Testing

@Suite struct `A file of redaction rules` {
    private static let text = """
        hash_key_file = "redaction.key"

        [[rule]]
        model = "loans"
        half = "request"
        tensor = "applicant"
        column = 3
        action = "hash"

        [[rule]]
        path = "$..email"
        action = "mask"

        [[rule]]
        column = "ssn"
        action = "drop"

        [[rule]]
        header = "X-User-*"
        action = "hash"
        """

    @Test func `is read with the key beside it`() throws {
        let folder = TemporaryDirectory()
        folder.write(Array(Self.text.utf8), to: "rules.toml")
        folder.write(Array("0123456789abcdef\n".utf8), to: "redaction.key")
        _ = try RedactionFile.read(folder.file("rules.toml"), key: "capture.redaction.file")
    }

    static let faults: [(text: String, message: String)] = [
        ("", "there are no rules"),
        ("[[rule]]\ntensor = \"a\"\naction = \"hash\"", "there is no key"),
        ("hash_key_file = \"short\"\n[[rule]]\ntensor = \"a\"\naction = \"hash\"", "has 5 bytes"),
        ("[[rule]]\naction = \"mask\"", "about nothing"),
        ("[[rule]]\ntensor = \"a\"\npath = \"$.a\"\naction = \"mask\"", "about several things"),
        ("[[rule]]\ntensor = \"a\"\naction = \"erase\"", "action"),
        ("[[rule]]\ntensor = \"a\"\naction = \"mask\"\nhalf = \"both\"", "half"),
        ("[[rule]]\ntensor = \"a\"\naction = \"mask\"\ncolunm = 1", "colunm"),
        ("[[rule]]\ncolumn = -1\naction = \"mask\"", "column"),
        ("[[rule]]\npath = \"a.b\"\naction = \"mask\"", "does not begin with $"),
        ("[[rule", "not TOML"),
    ]

    @Test(arguments: faults)
    func `is refused for what is wrong with it`(text: String, message: String) throws {
        let error = try #require(throws: RedactionFileError.self) {
            try RedactionFile.parse(text) { _ in Array("short".utf8) }
        }
        #expect(error.message.contains(message), "\(error.message)")
        #expect(!error.remedy.isEmpty)
    }

    @Test func `is missed where it is not there`() {
        #expect(throws: SettingsError.self) { try RedactionFile.read("/nowhere/rules.toml", key: "k") }
    }
}
