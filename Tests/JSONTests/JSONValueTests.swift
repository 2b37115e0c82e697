import JSON
import Testing

@Suite struct `JSON values` {
    @Test func `keep what the text says`() throws {
        let value = try JSONValue(
            parsing: #" {"a": [1, -2.5e3, true, false, null], "b": {"c": "\u00e9\n\"\\\/😀\ud83d\ude00"}} "#
        )
        #expect(value["a"]?[0] == 1)
        #expect(value["a"]?[1]?.double == -2500)
        #expect(value["a"]?[2]?.bool == true)
        #expect(value["a"]?[3]?.bool == false)
        #expect(value["a"]?[4]?.isNull == true)
        #expect(value["b"]?["c"]?.string == "é\n\"\\/😀😀")
        #expect(value["a"]?[5] == nil)
        #expect(value["x"] == nil)
    }

    @Test func `take NaN and the infinities, and write them as null`() throws {
        let value = try JSONValue(parsing: "[NaN, Infinity, -Infinity]")
        #expect(value[0]?.double?.isNaN == true)
        #expect(value[1]?.double == .infinity)
        #expect(value[2]?.double == -.infinity)
        #expect(value.text == "[null,null,null]")
    }

    @Test func `refuse NaN where the limits are strict`() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: "[1, NaN]", limits: .strict) }
        #expect(error.offset == 4)
    }

    @Test func `give a key that comes twice its first place and its last value`() throws {
        let object = try #require(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).object)
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == 3)
    }

    @Test func `tell integers from other numbers`() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "-9223372036854775808") == .integer(.min))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try JSONValue(parsing: "1.0") == .number(1))
        let negativeZero = try JSONValue(parsing: "-0")
        #expect(negativeZero.double?.sign == .minus)
        #expect(try JSONValue(parsing: "2.0").int == 2)
        #expect(try JSONValue(parsing: "2.5").int == nil)
    }

    static let malformed: [(text: String, code: JSONError.Code, offset: Int)] = [
        ("", .unexpectedEnd, 0),
        ("   ", .unexpectedEnd, 3),
        ("{", .unexpectedEnd, 1),
        ("[1, 2", .unexpectedEnd, 5),
        ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1),
        ("[1 2]", .unexpectedByte, 3),
        (#"{"a" 1}"#, .unexpectedByte, 5),
        (#"{"a":1,}"#, .unexpectedByte, 7),
        ("{a:1}", .unexpectedByte, 1),
        ("nul", .unexpectedEnd, 3),
        ("nulx", .unexpectedByte, 0),
        ("trye", .unexpectedByte, 0),
        ("1 2", .trailingBytes, 2),
        ("[1]]", .trailingBytes, 3),
        ("01", .invalidNumber, 0),
        ("-", .unexpectedEnd, 1),
        ("-a", .invalidNumber, 0),
        ("1.", .invalidNumber, 0),
        ("[1.e5]", .invalidNumber, 1),
        ("1e", .invalidNumber, 0),
        ("1e+", .invalidNumber, 0),
        (".5", .unexpectedByte, 0),
        ("+1", .unexpectedByte, 0),
        ("-NaN", .invalidNumber, 0),
        ("Inf", .invalidNumber, 0),
        (#""abc"#, .unexpectedEnd, 4),
        (#""abc\"#, .unexpectedEnd, 5),
        ("\"a\u{01}\"", .controlCharacter, 2),
        ("\"a\n\"", .controlCharacter, 2),
        (#""\x""#, .invalidEscape, 1),
        (#""\u12G4""#, .invalidEscape, 1),
        (#""\u12""#, .invalidEscape, 1),
        (#""\ud800""#, .loneSurrogate, 1),
        (#""\udc00""#, .loneSurrogate, 1),
        (#""\ud800\u0041""#, .loneSurrogate, 1),
        (#""\ud800x""#, .loneSurrogate, 1),
        ("\u{FEFF}1", .unexpectedByte, 0),
    ]

    @Test(arguments: malformed)
    func `refuse what is malformed, with the byte`(text: String, code: JSONError.Code, offset: Int) throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error.code == code, "\(text): \(error)")
        #expect(error.offset == offset, "\(text): \(error)")
        #expect(!error.remedy.isEmpty)
    }

    static let notUTF8: [(bytes: [UInt8], offset: Int)] = [
        ([0x61, 0x80], 2),
        ([0xC0, 0xA0], 1),
        ([0xC3], 1),
        ([0xE0, 0x80, 0x80], 1),
        ([0xED, 0xA0, 0x80], 1),
        ([0xF4, 0x90, 0x80, 0x80], 1),
        ([0xF0, 0x9F, 0x98], 1),
        ([0xE2, 0x82, 0xAC, 0xFF], 4),
        ([0xE2, 0x28, 0xA1], 1),
    ]

    @Test(arguments: notUTF8)
    func `refuse strings that are not UTF-8, with the byte`(bytes: [UInt8], offset: Int) throws {
        let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error.code == .invalidUTF8)
        #expect(error.offset == offset)
    }

    @Test func `nest as deeply as the limit and no deeper`() throws {
        let limits = JSONLimits(depth: 5, acceptsNonFinite: true)
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(5), limits: limits) }
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: nested(6), limits: limits) }
        #expect(error.code == .tooDeep)
        #expect(error.offset == 5)
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    }

    @Test func `read from any sequence of bytes`() throws {
        let bytes = AnySequence("[1,2]".utf8)
        #expect(try JSONValue(parsing: bytes) == [1, 2])
    }

    @Test func `are written as the literals that they came from`() {
        let value: JSONValue = ["a": 1, "b": [true, nil, 2.5, "x"], "c": [:]]
        #expect(value.text == #"{"a":1,"b":[true,null,2.5,"x"],"c":{}}"#)
    }
}

@Suite struct `JSON objects` {
    @Test func `find members among many, after additions and removals`() {
        var object = JSONObject()
        for index in 0..<100 { object["key\(index)"] = .integer(Int64(index)) }
        #expect(object.count == 100)
        #expect(object["key57"] == 57)
        object["key57"] = nil
        #expect(object["key57"] == nil)
        #expect(object["key99"] == 99)
        for index in 10..<100 { object["key\(index)"] = nil }
        #expect(object.keys == (0..<10).map { "key\($0)" })
        object["key3"] = true
        #expect(object["key3"] == true)
    }

    @Test func `are equal in any order, and hash so`() {
        let left: JSONObject = ["a": 1, "b": 2]
        let right: JSONObject = ["b": 2, "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1])
        #expect(left != ["a": 1, "c": 2])
    }
}
