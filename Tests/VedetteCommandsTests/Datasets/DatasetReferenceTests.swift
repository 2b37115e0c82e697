import Testing
import VedetteCommands

@Suite struct `Dataset reference` {
    @Test(arguments: [
        ("digits", DatasetReference.digits),
        ("cifar10:/data/cifar", .cifar10(directory: "/data/cifar")),
        ("idx:mnist", .idx(directory: "mnist")),
        ("csv:C:/table.csv", .csv(file: "C:/table.csv")),
    ])
    func `is read from the command line and written the same`(text: String, expected: DatasetReference) {
        #expect(DatasetReference(argument: text) == expected)
        #expect(DatasetReference(argument: text)?.description == text)
    }

    @Test(arguments: ["", "cifar10", "cifar10:", "parquet:x", "digits:x"])
    func `refuses what names no data set`(text: String) {
        #expect(DatasetReference(argument: text) == nil)
    }
}
