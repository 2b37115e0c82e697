import JSON
import Tensors
import TestSupport
import Testing

@Suite struct `safetensors files` {
    /// A file of this header and so many zero bytes.
    static func file(_ header: String, data: Int) -> [UInt8] {
        let length = header.utf8.count
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header.utf8
            + [UInt8](repeating: 0, count: data)
    }

    @Test func `reads what the reference library writes, and maps the same`() throws {
        let reference = try ReferenceValues.read("formats")
        let bytes = [UInt8](hex: try #require(reference["safetensors"]?.string))
        let directory = TemporaryDirectory()
        let path = directory.write(bytes, to: "model.safetensors")
        for content in [
            try Safetensors.read(bytes: bytes), try Safetensors.read(path: path), try Safetensors.map(path: path),
        ] {
            #expect(content.metadata == ["made_by": "safetensors"])
            let expected = try #require(reference["safetensorsValues"]?.object)
            #expect(Set(expected.keys) == Set(content.tensors.keys))
            for (name, value) in expected {
                let tensor = try #require(content.tensors[name])
                #expect(tensor.shape == value["shape"]?.array?.compactMap(\.int), "\(name)")
                let values = try #require(value["values"]?.array).compactMap(\.double)
                #expect(try tensor.converted(to: Double.self).elements == values, "\(name)")
            }
            #expect(content.tensors["brain"]?.datatype == .bfloat16)
        }
    }

    @Test func `reads back what it writes, and writes the same bytes each time`() throws {
        let content = Safetensors(
            tensors: [
                "b": .float32(Tensor(shape: [3], repeating: 1)), "a": .float64(Tensor(shape: [1, 2], repeating: -1)),
                "c": .bool(Tensor(shape: [3], repeating: true)), "d": .float16(Tensor(shape: [], repeating: 2)),
            ],
            metadata: ["z": "1", "a": "\"quoted\""]
        )
        let bytes = try content.bytes()
        #expect(bytes == (try content.bytes()))
        #expect(try Safetensors.read(bytes: bytes) == content)
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length.isMultiple(of: 8))
        let directory = TemporaryDirectory()
        try content.write(to: directory.file("x.safetensors"))
        #expect(try Safetensors.map(path: directory.file("x.safetensors")) == content)
        #expect(try Safetensors.read(bytes: Safetensors(tensors: [:]).bytes()).tensors.isEmpty)
        #expect(throws: TensorError.self) { try Safetensors(tensors: ["t": .bytes(shape: [1], values: [[1]])]).bytes() }
    }

    @Test(arguments: [
        ("[]", 0, "start with {"), ("{", 0, "not JSON"), (#"{"a":1}"#, 0, "no dtype"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "within the 3 bytes"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.5]}}"#, 4, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "8 bytes"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "shape"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4, "more bytes"),
        (#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,4]}}"#, 4, "more bytes"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}"#,
            5, "overlaps"
        ),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#, 5, "hole"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 6, "belong to no tensor"),
        (#"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#, 1, "F8_E4M3"),
        (#"{"__metadata__":{"a":1}}"#, 0, "__metadata__.a"), (#"{"__metadata__":[]}"#, 0, "__metadata__"),
        (#"{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}} x"#, 1, "not JSON"),
    ])
    func `refuses a broken header by field`(header: String, data: Int, expected: String) throws {
        let error = try #require(throws: TensorError.self) {
            try Safetensors.read(bytes: Self.file(header, data: data), name: "m.safetensors")
        }
        #expect(error.message.contains(expected), "\(error)")
        #expect(error.message.contains("m.safetensors"), "\(error)")
    }

    @Test func `refuses every truncation and a header longer than the file`() throws {
        let whole = try Safetensors(tensors: ["a": .int16(Tensor(shape: [3], repeating: 5))]).bytes()
        for length in 0..<whole.count {
            #expect(throws: TensorError.self, "\(length) bytes") {
                try Safetensors.read(bytes: Array(whole[..<length]))
            }
        }
        let huge = [UInt8](repeating: 0xFF, count: 8) + Array("{}".utf8)
        #expect(throws: TensorError.self) { try Safetensors.read(bytes: huge) }
    }

    @Test func `maps what stands unaligned by copying it`() throws {
        let header =
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"f":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        let directory = TemporaryDirectory()
        var bytes = Self.file(header, data: 5)
        bytes[bytes.count - 1] = 0x40  // 2.0
        let path = directory.write(bytes, to: "x.safetensors")
        #expect(try Safetensors.map(path: path).tensors["a"]?.converted(to: Float.self).elements == [2])
    }
}
