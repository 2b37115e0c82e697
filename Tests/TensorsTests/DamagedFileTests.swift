import JSON
import Tensors
import TestSupport
import Testing

/// Damaged files of arrays: each is read, or refused by an error that says what is wrong; nothing else happens.
@Suite struct `Damaged array files` {
    private func each(_ files: [[UInt8]], seed: UInt64, or usual: Int, _ read: ([UInt8]) throws(TensorError) -> Void) {
        var refused = 0
        let slow = FuzzCases.each(of: files, seed: seed, or: usual) { bytes in
            do throws(TensorError) {
                try read(bytes)
            } catch {
                refused += 1
                if error.message.isEmpty || error.remedy.isEmpty { Issue.record("\(error)") }
            }
        }
        #expect(refused > 0)
        #expect(slow.isEmpty)
    }

    @Test func `npy are read or refused`() throws {
        let files = try #require(ReferenceValues.read("formats")["npy"]?.array)
            .compactMap { $0["hex"]?.string.map { [UInt8](hex: $0) } }
        each(files, seed: 71, or: 5000) { bytes throws(TensorError) in
            let tensor = try NPY.read(bytes: bytes)
            if tensor.count != tensor.shape.reduce(1, *) { Issue.record("\(tensor.shape) holds \(tensor.count)") }
        }
    }

    @Test func `npz are read or refused`() throws {
        let archives = try #require(ReferenceValues.read("formats")["npz"]?.object)
        let files = archives.compactMap { $0.1.string.map { [UInt8](hex: $0) } }
        try #require(!files.isEmpty)
        each(files, seed: 72, or: 3000) { bytes throws(TensorError) in _ = try NPZ.read(bytes: bytes, limit: 1 << 20) }
    }

    @Test func `safetensors are read or refused`() throws {
        let reference = try ReferenceValues.read("formats")
        let file = [UInt8](hex: try #require(reference["safetensors"]?.string))
        each([file], seed: 73, or: 5000) { bytes throws(TensorError) in
            let content = try Safetensors.read(bytes: bytes)
            for (name, tensor) in content.tensors where tensor.count != tensor.shape.reduce(1, *) {
                Issue.record("\(name): \(tensor.shape) holds \(tensor.count)")
            }
        }
    }

    @Test func `csv are read or refused`() throws {
        let files = [
            "a,b,\"c,\"\"d\"\n1,x,2.5\n,\"y\nz\",nan\n-3,,1e9\n", "\u{FEFF}x;y\r\n\"1\";\"\"\r\n",
            "n\n" + (0..<40).map { "\($0).5e-3\n" }.joined(), "a,a\n1\n1,2,3\n",
        ].map { Array($0.utf8) }
        each(files, seed: 74, or: 3000) { bytes throws(TensorError) in
            let table = try CSV.read(bytes: bytes)
            if Set(table.columns.map { $0.values.count }).count > 1 { Issue.record("columns of several lengths") }
        }
    }
}
