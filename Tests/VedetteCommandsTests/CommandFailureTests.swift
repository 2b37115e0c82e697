import Foundation
import Methods
import Testing
import VedetteCommands

@Suite struct `Failures of a command` {
    @Test func `end with 69 where something is missing and with 78 where the input is wrong`() {
        let expected: [(any Error, Int32)] = [
            (MethodError(.fileSystem, "no folder", remedy: "Make it"), 69),
            (MethodError(.unknownKey, "no such key", remedy: "Remove it"), 78),
            (MethodError(.tooFewRows, "no rows", remedy: "Give some"), 78),
            (CocoaError(.fileReadNoSuchFile), 69),
            (POSIXError(.EACCES), 69),
            (CancellationError(), 70),
            (CommandError.usage("a word too many", remedy: "Leave it out"), 64),
        ]
        for (error, code) in expected {
            #expect(CommandError(error).exitCode == code, "\(error)")
        }
    }

    @Test func `keep the message and the remedy of the library that failed`() {
        let failure = CommandError(MethodError(.nonFiniteValue, "row 3 holds NaN", remedy: "Leave it out"))
        #expect(failure.message == "row 3 holds NaN")
        #expect(failure.remedy == "Leave it out")
    }
}
