import Tensors
import TestSupport
import Testing
import VedetteCommands

@Suite struct `Data set` {
    private func refusal(_ reference: DatasetReference) throws -> CommandError {
        let error = try #require(throws: CommandError.self) { _ = try Dataset(reference) }
        #expect(!error.remedy.isEmpty)
        return error
    }

    private static func image(_ label: UInt8) -> [UInt8] { [label] + [UInt8](repeating: 7, count: 3_072) }

    @Test func `of CIFAR-10 says where its rows come from, and may hold test images alone`() throws {
        let directory = TemporaryDirectory()
        directory.write(Self.image(3) + Self.image(0), to: "test_batch.bin")
        let alone = try Dataset(.cifar10(directory: directory.path))
        #expect(alone.test?.source == "test_batch.bin" && alone.test?.rows.labels == [3, 0])
        #expect(throws: CommandError.self) { try alone.trainingRows() }
        directory.write(Self.image(1), to: "data_batch_1.bin")
        directory.write(Self.image(2), to: "data_batch_2.bin")
        let both = try Dataset(.cifar10(directory: directory.path))
        #expect(both.training?.source == "data_batch_1.bin, data_batch_2.bin")
        #expect(try both.trainingRows().labels == [1, 2])
    }

    @Test func `of CIFAR-10 is refused by file and place`() throws {
        let directory = TemporaryDirectory()
        let reference = DatasetReference.cifar10(directory: directory.path)
        #expect(try refusal(reference).message.contains("neither data_batch_1.bin nor test_batch.bin"))
        directory.write(Self.image(1), to: "test_batch.bin")
        directory.write([], to: "data_batch_1.bin")
        #expect(try refusal(reference).message.contains("data_batch_1.bin: 0 bytes"))
        directory.write(Array(Self.image(1).dropLast()), to: "data_batch_1.bin")
        #expect(try refusal(reference).message.contains("data_batch_1.bin: 3072 bytes"))
        directory.write(Self.image(1) + Self.image(10), to: "data_batch_1.bin")
        #expect(try refusal(reference).message.contains("the label of image 1 is 10"))
        directory.write(Self.image(1), to: "data_batch_1.bin")
        directory.write(Self.image(1), to: "data_batch_3.bin")
        #expect(try refusal(reference).message.contains("data_batch_2.bin is missing"))
    }

    /// Files of MNIST's layout with images of one pixel.
    private func mnist(images: [UInt8], labels: [UInt8], to directory: TemporaryDirectory, part: String) {
        let count = [UInt8(0), 0, 0, UInt8(images.count)]
        directory.write([0, 0, 8, 3] + count + [0, 0, 0, 1, 0, 0, 0, 1] + images, to: "\(part)-images-idx3-ubyte")
        directory.write([0, 0, 8, 1, 0, 0, 0, UInt8(labels.count)] + labels, to: "\(part)-labels-idx1-ubyte")
    }

    @Test func `of MNIST is refused when counts differ or a label is no class`() throws {
        let directory = TemporaryDirectory()
        let reference = DatasetReference.idx(directory: directory.path)
        mnist(images: [1, 2], labels: [0, 1], to: directory, part: "train")
        mnist(images: [3], labels: [1], to: directory, part: "t10k")
        let whole = try Dataset(reference)
        #expect(whole.classes == ["0", "1"] && whole.training?.rows.rows.shape == [2, 1, 1, 1])
        mnist(images: [1, 2], labels: [0], to: directory, part: "train")
        let error = try refusal(reference)
        #expect(error.message.contains("train-labels-idx1-ubyte [1]") && error.message.contains("[2, 1, 1]"))
        // Labels as float32, one of them a half.
        mnist(images: [1], labels: [], to: directory, part: "train")
        directory.write([0, 0, 13, 1, 0, 0, 0, 1, 0x3F, 0, 0, 0], to: "train-labels-idx1-ubyte")
        #expect(try refusal(reference).message.contains("label of image 0 is 0.5"))
    }

    @Test(arguments: [
        ("age,class\n3,a\nold,b\n", "row 2: age is “old”"), ("age,class\n3,a\n,b\n", "row 2: age is missing"),
        ("age,class\n3,a\n4,\n", "row 2: there is no label"), ("age,class\n3,1\n4,\n", "row 2: there is no label"),
        ("age,class\n3,a\n4,a\n", "every class is a"), ("class\na\nb\n", "no feature columns"),
        ("age,class\n", "no feature columns or no rows"), ("age,class\n3,a,b\n", "line 2"),
        ("age,class\n3,a\ninf,b\n", "row 2: age is"),
    ])
    func `of a table is refused by file, row and column`(text: String, expected: String) throws {
        let directory = TemporaryDirectory()
        directory.write(Array(text.utf8), to: "table.csv")
        let message = try refusal(.csv(file: "\(directory.path)/table.csv")).message
        #expect(message.contains("table.csv") && message.contains(expected), "\(message)")
    }

    @Test func `of a table takes texts and numbers as labels`() throws {
        let directory = TemporaryDirectory()
        directory.write(Array("age,class\n3,b\n4,a\n5,b\n".utf8), to: "table.csv")
        let table = try Dataset(.csv(file: "\(directory.path)/table.csv"))
        #expect(table.classes == ["a", "b"] && table.training?.rows.labels == [1, 0, 1])
        directory.write(Array("age,class\n3,10\n4,9\n".utf8), to: "table.csv")
        #expect(try Dataset(.csv(file: "\(directory.path)/table.csv")).classes == ["9", "10"])
    }
}
