import JSON
import Testing

@Suite struct `JSON reader` {
    static func with<Value>(_ text: String, _ body: (inout JSONReader) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try body(&reader)
        }
    }

    @Test func `walks through a text value by value`() throws {
        try Self.with(#"{"id": "x", "skip": [1, {"a": "é\n"}], "list": [true, null], "n": -3}"#) { reader in
            try reader.beginObject()
            #expect(try reader.nextKey() == "id")
            #expect(try reader.readString() == "x")
            #expect(try reader.nextKey() == "skip")
            let skipped = try reader.skipValue()
            #expect(String(decoding: reader.text(of: skipped), as: UTF8.self) == #"[1, {"a": "é\n"}]"#)
            #expect(try reader.nextKey() == "list")
            try reader.beginArray()
            #expect(try reader.nextElement())
            #expect(try reader.readBool())
            #expect(try reader.nextElement())
            #expect(try reader.readNull())
            #expect(try !reader.nextElement())
            #expect(try reader.nextKey() == "n")
            #expect(try reader.readInteger(as: Int.self) == -3)
            #expect(try reader.nextKey() == nil)
            try reader.finish()
        }
    }

    @Test func `checks what it skips`() {
        for text in [#"["\ud800"]"#, "[01]", #"{"a":[}"#, "[tru]", "[\"\u{1}\"]"] {
            #expect(throws: JSONError.self) { try Self.with(text) { try $0.skipValue() } }
        }
    }

    @Test func `comes back to a place that was copied`() throws {
        try Self.with("[1, 2]") { reader in
            let start = reader
            try reader.skipValue()
            try reader.finish()
            var again = start
            #expect(try again.readValue() == [1, 2])
        }
    }

    @Test func `says which kind was expected`() throws {
        let error = try #require(throws: JSONError.self) { try Self.with(" 7") { try $0.readString() } }
        #expect(error.code == .unexpectedKind)
        #expect(error.offset == 1)
    }

    @Test func `reads nested arrays into one block, with their extents`() throws {
        let (elements, extents) = try Self.with("[[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, null]]]") {
            try $0.readArray(of: Float.self)
        }
        #expect(extents == [2, 3, 2])
        #expect(elements.prefix(11).elementsEqual((1...11).map(Float.init)))
        #expect(elements[11].isNaN)
        #expect(try Self.with("[]") { try $0.readArray(of: Int64.self) }.extents == [0])
        #expect(try Self.with("[[],[]]") { try $0.readArray(of: Int64.self) }.extents == [2, 0])
        #expect(
            try Self.with("[true,false,1,0]") { try $0.readArray(of: Bool.self) }.elements == [
                true, false, true, false,
            ]
        )
    }

    @Test(arguments: ["[1,[2]]", "[[1],2]", "[[1,2],[3]]", "[[[1]],[2]]", "[[1],[[2]]]", "[[],[1]]"])
    func `refuses ragged arrays`(text: String) throws {
        let error = try #require(throws: JSONError.self) { try Self.with(text) { try $0.readArray(of: Double.self) } }
        #expect(error.code == .raggedArray, "\(text): \(error)")
    }

    @Test func `refuses more elements than there is room for`() throws {
        let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 2)
        defer { buffer.deallocate() }
        let error = try #require(throws: JSONError.self) { try Self.with("[1,2,3]") { try $0.readArray(into: buffer) } }
        #expect(error.code == .tooManyElements)
        #expect(error.offset == 5)
        #expect(try Self.with("[4,5]") { try $0.readArray(into: buffer) } == [2])
        #expect(Array(buffer) == [4, 5])
    }
}
