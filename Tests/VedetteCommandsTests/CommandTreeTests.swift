import ArgumentParser
import Testing
import VedetteCommands

@Suite struct `Command tree` {
    @Test func `gives every command a sentence and an example that its own parser accepts`() throws {
        let commands = Vedette.configuration.subcommands
        #expect(commands.count >= 4)
        for command in commands {
            let configuration = command.configuration
            let name = try #require(configuration.commandName)
            #expect(configuration.abstract.hasSuffix("."), "\(name)")
            let lines = configuration.discussion
                .replacing(" \\\n    ", with: " ")
                .split(separator: "\n")
                .map { $0.trimmingPrefix(while: \.isWhitespace) }
            let examples = lines.filter { $0.hasPrefix("vedette \(name)") }
            #expect(!examples.isEmpty, "\(name) has no example")
            for example in examples {
                let words = example.split(separator: " ").dropFirst().map(String.init)
                #expect(throws: Never.self, "\(example)") { try Vedette.parseAsRoot(words) }
            }
        }
    }

    @Test func `prints the lines of its examples whole in a terminal of 80 columns`() {
        for command in Vedette.configuration.subcommands {
            let help = Vedette.helpMessage(for: command, columns: 80).split(separator: "\n")
            var goesOn = false
            for line in command.configuration.discussion.split(separator: "\n") {
                let words = line.trimmingPrefix(while: \.isWhitespace)
                guard goesOn || words.hasPrefix("vedette ") else { continue }
                goesOn = words.hasSuffix(" \\")
                #expect(help.contains { $0.hasSuffix(words) }, "\(line)")
            }
        }
    }

    @Test(arguments: ["../../elsewhere", "/tmp/elsewhere", "..", ".hidden", "a/b", "", "1.partial"])
    func `refuses a version that is no folder of the model`(version: String) {
        let words = ["train", "--dataset", "digits", "--output", "models/digits", "--model-version=\(version)"]
        #expect(throws: (any Error).self) { try Vedette.parseAsRoot(words) }
    }

    @Test(arguments: ["1", "2.1", "2026-05_b"])
    func `takes a version that is a plain name`(version: String) {
        let words = ["train", "--dataset", "digits", "--output", "models/digits", "--model-version=\(version)"]
        #expect(throws: Never.self) { try Vedette.parseAsRoot(words) }
    }
}
