import Testing
import VedetteCommands

@Suite struct `Text table` {
    @Test func `aligns its columns and leaves no blanks at the end of a line`() {
        var table = TextTable(header: ["name", "n"])
        table.append(["digits", "1797"])
        table.append(["a", ""])
        #expect(table.text == "name    n\n──────  ────\ndigits  1797\na")
    }
}
