import Tensors
import TestSupport
import Testing

@Suite struct `csv files` {
    static func read(_ text: String) throws -> TensorTable { try CSV.read(bytes: Array(text.utf8), name: "x.csv") }

    @Test func `columns of numbers and of texts, by name`() throws {
        let table = try Self.read(
            "age,job,score\r\n31, clerk,0.5\r\n,\"cook, head\",-1e3\r\nNaN,\"say \"\"hi\"\"\",+7\r\n"
        )
        #expect(table.names == ["age", "job", "score"])
        #expect(table.rows == 3)
        guard case .numbers(let ages) = try #require(table["age"]).values else {
            Issue.record("age is not numbers")
            return
        }
        #expect(ages[0] == 31 && ages[1].isNaN && ages[2].isNaN)
        #expect(table["job"]?.values == .texts([" clerk", "cook, head", "say \"hi\""]))
        #expect(table["score"]?.values == .numbers([0.5, -1_000, 7]))
        #expect(try table.tensor(columns: ["score"]).elements == [0.5, -1_000, 7])
        let error = try #require(throws: TensorError.self) { try table.tensor() }
        #expect(error.message == "column job holds texts")
        let parts = try table.separating("job")
        #expect(parts.rest.names == ["age", "score"])
        #expect(throws: TensorError.self) { try table.separating("name") }
    }

    @Test func `a mark at the start, blank lines, line ends in quotes and a missing last line end are fine`() throws {
        let table = try Self.read("\u{FEFF}a,b\n1,\"x\ny\"\n\n2,z")
        #expect(table["a"]?.values == .numbers([1, 2]))
        #expect(table["b"]?.values == .texts(["x\ny", "z"]))
        #expect(try Self.read("a\n").rows == 0)
        #expect(try Self.read("a,b\n1,")["b"]?.values.count == 1)
        #expect(try Self.read("a\n0x10\n")["a"]?.values == .texts(["0x10"]))
        // In a single column a blank line is a missing value.
        #expect(try Self.read("a\n1\n\n3\n")["a"]?.values.count == 3)
    }

    @Test(arguments: [
        ("", "no header"), ("a,b\n1,2,3\n", "line 2: 3 cells"), ("a,b\n1,2\n3\n", "line 3: 1 cells"),
        ("a,a\n1,2\n", "two columns are named a"), ("a\n\"x\n", "does not end"),
        ("a\n\"x\"y\n", "line 2: something follows"),
        ("a\nx\"y\n", "inside of a cell"),
    ])
    func `refuses what is malformed by line`(text: String, expected: String) throws {
        let error = try #require(throws: TensorError.self) { try Self.read(text) }
        #expect(error.message.contains(expected), "\(error)")
        #expect(error.message.hasPrefix("x.csv"))
    }

    @Test func `reads back what it writes`() throws {
        let table = try TensorTable(columns: [
            .init(name: "x", values: .numbers([0.1, -2.5e-300, 3])),
            .init(name: "y, \"z\"", values: .texts(["a\nb", "", "\"q\""])),
        ])
        let directory = TemporaryDirectory()
        try CSV.write(table, to: directory.file("t.csv"))
        #expect(try CSV.read(path: directory.file("t.csv")) == table)
    }
}

@Suite struct `idx files` {
    @Test func `reads images and labels`() throws {
        let images = try IDX.read(bytes: [UInt8](hex: "00000803 00000002 00000001 00000003 010203 040506"))
        #expect(images == .uint8(try Tensor(shape: [2, 1, 3], elements: [1, 2, 3, 4, 5, 6])))
        let floats = try IDX.read(bytes: [UInt8](hex: "00000d01 00000001 3fc00000"))
        #expect(floats == .float32(try Tensor(shape: [1], elements: [1.5])))
    }

    @Test(arguments: [
        ("", "start with"), ("01000801", "start with"), ("00000a01 00000000", "type 0xa"),
        ("00000803 00000001", "cut short"),
        ("00000801 00000004 0102", "4 bytes and 2"), ("00000801 00000001 0102", "1 bytes and 2"),
        ("1f8b0800", "gunzip"),
        ("00000808 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff", "more bytes"),
    ])
    func `refuses what is malformed by field`(hex: String, expected: String) throws {
        let error = try #require(throws: TensorError.self) { try IDX.read(bytes: [UInt8](hex: hex)) }
        #expect("\(error)".contains(expected), "\(error)")
    }
}

@Suite struct `CIFAR-10 files` {
    /// One record: the label, and planes of which each pixel is red 1, green 2, blue 3 but for one.
    static func record(_ label: UInt8) -> [UInt8] {
        var record =
            [label] + [UInt8](repeating: 1, count: 1_024) + [UInt8](repeating: 2, count: 1_024)
            + [UInt8](repeating: 3, count: 1_024)
        record[1 + 1_024 + 33] = 99  // green at row 1, column 1
        return record
    }

    @Test func `turns planes into channels-last images`() throws {
        let content = try CIFAR10.read(bytes: Self.record(3) + Self.record(9))
        #expect(content.labels == [3, 9])
        #expect(content.images.shape == [2, 32, 32, 3])
        #expect(content.images[row: 1].elements[..<3] == [1, 2, 3])
        #expect(content.images[row: 1][(1 * 32 + 1) * 3 + 1] == 99)
    }

    @Test func `reads a folder of batches`() throws {
        let directory = TemporaryDirectory()
        directory.write(Self.record(0) + Self.record(1), to: "data_batch_1.bin")
        directory.write(Self.record(2), to: "data_batch_2.bin")
        directory.write(Self.record(3), to: "test_batch.bin")
        let unnamed = try CIFAR10.read(folder: directory.path)
        #expect(unnamed.training?.labels == [0, 1, 2] && unnamed.batches == 2)
        #expect(unnamed.test?.labels == [3])
        #expect(unnamed.classes.last == "9")
        directory.write(
            Array("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n".utf8),
            to: "batches.meta.txt"
        )
        #expect(try CIFAR10.read(folder: directory.path).classes[9] == "truck")
        #expect(throws: TensorError.self) { try CIFAR10.read(folder: "/nowhere") }
    }

    @Test func `reads a folder with test images alone, and names a batch that is missing`() throws {
        let directory = TemporaryDirectory()
        directory.write(Self.record(3), to: "test_batch.bin")
        let folder = try CIFAR10.read(folder: directory.path)
        #expect(folder.training == nil && folder.batches == 0 && folder.test?.labels == [3])
        directory.write(Self.record(0), to: "data_batch_1.bin")
        directory.write(Self.record(0), to: "data_batch_3.bin")
        let error = try #require(throws: TensorError.self) { try CIFAR10.read(folder: directory.path) }
        #expect(error.code == .fileFailed && error.message.contains("data_batch_2.bin is missing"))
    }

    @Test func `refuses a size or label that cannot be`() throws {
        #expect(throws: TensorError.self) { try CIFAR10.read(bytes: []) }
        #expect(throws: TensorError.self) { try CIFAR10.read(bytes: Array(Self.record(1).dropLast())) }
        let error = try #require(throws: TensorError.self) { try CIFAR10.read(bytes: Self.record(1) + Self.record(10)) }
        #expect(error.message.contains("image 1 is 10"))
    }
}
