import JSON
import Tensors
import TestSupport
import Testing

@Suite struct `npy files` {
    static func hex(_ name: String) throws -> [UInt8] {
        [UInt8](hex: try #require(ReferenceValues.read("formats")[name]?.string))
    }

    /// A version 1 file around a header text and data.
    static func file(_ header: String, _ data: [UInt8] = [], major: UInt8 = 1) -> [UInt8] {
        let length = header.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [major, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header.utf8 + data
    }

    @Test func `reads what numpy writes, and maps the same`() throws {
        let directory = TemporaryDirectory()
        let cases = try #require(ReferenceValues.read("formats")["npy"]?.array)
        #expect(cases.count >= 25)
        for entry in cases {
            let name = try #require(entry["name"]?.string)
            let bytes = [UInt8](hex: try #require(entry["hex"]?.string))
            let shape = try #require(entry["shape"]?.array).compactMap(\.int)
            let values = try #require(entry["values"]?.array).compactMap(\.double)
            let path = directory.write(bytes, to: "array.npy")
            for tensor in [try NPY.read(bytes: bytes), try NPY.read(path: path), try NPY.map(path: path)] {
                #expect(tensor.shape == shape, "\(name)")
                #expect(areClose(try tensor.converted(to: Double.self).elements, values), "\(name)")
            }
        }
    }

    @Test func `writes what it reads, byte for byte as numpy`() throws {
        for entry in try #require(ReferenceValues.read("formats")["npy"]?.array) {
            let name = try #require(entry["name"]?.string)
            guard !name.contains(">"), !name.contains("Fortran"), !name.contains("version") else { continue }
            let bytes = [UInt8](hex: try #require(entry["hex"]?.string))
            #expect(try NPY.bytes(of: NPY.read(bytes: bytes)) == bytes, "\(name)")
        }
    }

    @Test func `a mapped array is copied when written to, and outlives its file's name`() throws {
        let directory = TemporaryDirectory()
        let tensor = try Tensor<Float>(shape: [2, 2], elements: [1, 2, 3, 4])
        try NPY.write(tensor, to: directory.file("a.npy"))
        guard case .float32(var mapped) = try NPY.map(path: directory.file("a.npy")) else {
            Issue.record("not FP32")
            return
        }
        try NPY.write(Tensor<Float>(shape: [1], repeating: 9), to: directory.file("a.npy"))
        let view = mapped.rows(1..<2)
        mapped[2] = 30
        #expect(mapped.elements == [1, 2, 30, 4])
        #expect(view.elements == [3, 4])
    }

    @Test func `refuses Python objects, texts and structures by name`() throws {
        let object = try #require(throws: TensorError.self) {
            try NPY.read(bytes: Self.hex("object"), name: "x_ref.npy")
        }
        #expect(object.code == .unsupported)
        #expect(object.message.hasPrefix("x_ref.npy: dtype '|O' holds Python objects"))
        #expect(object.remedy.contains("codes"))
        let text = try #require(throws: TensorError.self) { try NPY.read(bytes: Self.hex("text")) }
        #expect(text.message.contains("U2"))
        let structured = try #require(throws: TensorError.self) { try NPY.read(bytes: Self.hex("structured")) }
        #expect(structured.message.contains("structured"))
    }

    @Test func `refuses every truncation of a file`() throws {
        let whole = try NPY.bytes(of: AnyTensor(Tensor<Int16>(shape: [3, 2], repeating: 5)))
        for length in 0..<whole.count {
            #expect(throws: TensorError.self, "\(length) bytes") { try NPY.read(bytes: Array(whole[..<length])) }
        }
        #expect(throws: TensorError.self) { try NPY.read(bytes: whole + [0]) }
    }

    @Test(arguments: [
        "", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'evil': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').system('x'),)}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1", "{'descr': '<f4\\x00', 'fortran_order': False",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,2",
        "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,)}",
    ])
    func `refuses a hostile or broken header`(header: String) throws {
        let error = try #require(throws: TensorError.self) {
            try NPY.read(bytes: Self.file(header, [0, 0, 0, 0]), name: "bad.npy")
        }
        #expect(!error.remedy.isEmpty)
    }

    @Test func `refuses a header of 65 axes, an unknown version and a Boolean that is neither`() throws {
        let axes = String(repeating: "1, ", count: 65)
        let deep = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(axes))}"
        #expect(throws: TensorError.self) { try NPY.read(bytes: Self.file(deep, [0, 0, 0, 0])) }
        let good = "{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}"
        #expect(try NPY.read(bytes: Self.file(good, [1])).datatype == .bool)
        #expect(throws: TensorError.self) { try NPY.read(bytes: Self.file(good, [1], major: 4)) }
        let error = try #require(throws: TensorError.self) { try NPY.read(bytes: Self.file(good, [2])) }
        #expect(error.message.contains("element 0 is stored as 2"))
    }

    @Test func `refuses to write what numpy has no type for`() {
        #expect(throws: TensorError.self) { try NPY.bytes(of: .bytes(shape: [1], values: [[1]])) }
        #expect(throws: TensorError.self) {
            try NPY.bytes(of: AnyTensor(Tensor<BFloat16>(shape: [1], repeating: .zero)))
        }
    }

    @Test func `says which file is missing`() throws {
        let error = try #require(throws: TensorError.self) { try NPY.read(path: "/nowhere/x.npy") }
        #expect(error.code == .fileFailed)
        #expect(error.message.contains("/nowhere/x.npy"))
        #expect(throws: TensorError.self) { try NPY.read(path: "/tmp") }
    }
}

@Suite struct `npz files` {
    @Test(arguments: ["stored", "deflated"])
    func `reads what numpy writes`(kind: String) throws {
        let bytes = [UInt8](hex: try #require(ReferenceValues.read("formats")["npz"]?[kind]?.string))
        let arrays = try NPZ.read(bytes: bytes)
        #expect(Set(arrays.keys) == ["x", "zeros", "labels"])
        #expect(try arrays["x"]?.converted(to: Double.self).elements == (0..<24).map(Double.init))
        #expect(arrays["zeros"]?.shape == [100, 100])
        #expect(throws: TensorError.self) { try NPZ.read(bytes: bytes, limit: 50_000) }
    }

    @Test func `reads back what it writes`() throws {
        let arrays: [String: AnyTensor] = [
            "a": .float32(Tensor(shape: [2, 3], repeating: 1.5)), "b": .int8(Tensor(shape: [0], repeating: 0)),
        ]
        let directory = TemporaryDirectory()
        try NPZ.write(arrays, to: directory.file("x.npz"))
        #expect(try NPZ.read(path: directory.file("x.npz")) == arrays)
        #expect(try NPZ.read(bytes: NPZ.bytes(of: [:])) == [:])
    }

    @Test func `refuses every truncation and notices every changed byte of the numbers`() throws {
        let whole = try NPZ.bytes(of: ["a": .uint8(Tensor(shape: [9], repeating: 7))])
        for length in 0..<whole.count {
            #expect(throws: TensorError.self, "\(length) bytes") { try NPZ.read(bytes: Array(whole[..<length])) }
        }
        let start = 30 + 5 + 128  // local header, name, npy header
        for index in start..<start + 9 {
            var changed = whole
            changed[index] ^= 1
            let error = try #require(throws: TensorError.self) { try NPZ.read(bytes: changed) }
            #expect(error.message.contains("checksum"))
        }
    }

    @Test func `never crashes on changed bytes of a deflated archive`() throws {
        let whole = [UInt8](hex: try #require(ReferenceValues.read("formats")["npz"]?["deflated"]?.string))
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 0x41
            _ = try? NPZ.read(bytes: changed, limit: 1 << 20)
        }
    }

    @Test func `refuses a member that promises more than deflate can give`() throws {
        var bytes = [UInt8](hex: try #require(ReferenceValues.read("formats")["npz"]?["deflated"]?.string))
        let signature: [UInt8] = [0x50, 0x4B, 0x01, 0x02]
        let entry = try #require(bytes.indices.first { bytes[$0...].starts(with: signature) })
        bytes[entry + 27] = 0x7F  // the size, now 2 GB
        let error = try #require(throws: TensorError.self) { try NPZ.read(bytes: bytes) }
        #expect(error.message.contains("impossible"))
    }
}
