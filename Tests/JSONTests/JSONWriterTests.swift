import Foundation
import JSON
import TestSupport
import Testing

@Suite struct `JSON writer` {
    @Test func `puts commas where they belong`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.endArray()
        writer.key("b")
        writer.beginObject()
        writer.endObject()
        writer.key("c")
        writer.value([1, 2])
        writer.key("d")
        writer.raw("{\"x\":1}".utf8)
        writer.key("e")
        writer.null()
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":[],"b":{},"c":[1,2],"d":{"x":1},"e":null}"#)
    }

    @Test func `escapes what has to be and nothing else`() {
        let text = "\"\\/\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}é€😀"
        #expect(JSONValue.string(text).text == #""\"\\/\u0000\b\t\n\u000b\f\r\u001f"# + "\u{7F}é€😀\"")
    }

    @Test func `writes random trees that Foundation and we read back alike`() throws {
        var generator = SplitMix(seed: 5)
        for _ in 0..<300 {
            let value = Self.random(depth: 4, &generator)
            let bytes = value.serialized()
            #expect(try JSONValue(parsing: bytes) == value)
            let foundation = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(Self.matches(value, foundation), "\(value.text)")
        }
    }

    @Test func `is read alike by Foundation and by us when Foundation wrote`() throws {
        var generator = SplitMix(seed: 6)
        for _ in 0..<100 {
            let value = Self.random(depth: 4, &generator)
            let foundation = try JSONSerialization.jsonObject(
                with: Data(value.serialized()),
                options: .fragmentsAllowed
            )
            let written = try JSONSerialization.data(
                withJSONObject: foundation,
                options: [.fragmentsAllowed, .prettyPrinted]
            )
            #expect(Self.matches(try JSONValue(parsing: written), foundation))
        }
    }

    @Test func `gives the same verdict as Foundation on broken texts`() throws {
        var generator = SplitMix(seed: 7)
        var refused = 0
        for _ in 0..<FuzzCases.count(or: 3000) {
            var bytes = Self.random(depth: 3, &generator).serialized()
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            // Only bytes of the grammar: what Foundation thinks of stray bytes is no matter.
            bytes[place] = "[]{},:\"0123456789.-eE tfn\\".utf8.randomElement(using: &generator) ?? 0
            let ours = Result { try JSONValue(parsing: bytes, limits: .strict) }
            let theirs = Result { try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) }
            switch (ours, theirs) {
            case (.success(let value), .success(let foundation)): #expect(Self.matches(value, foundation))
            case (.failure, .failure): refused += 1
            case (.success, .failure(let error)):
                // Foundation refuses numbers that overflow; we give infinity, as IEEE 754 rounds.
                #expect(
                    "\(error)".contains("out of range") || "\(error)".contains("Number"),
                    "\(String(decoding: bytes, as: UTF8.self)): \(error)"
                )
            case (.failure(let error as JSONError), .success) where error.message.contains("a value after the comma"):
                break  // Foundation lets a comma end a container; RFC 8259 does not
            case (.failure(let error), .success): Issue.record("\(String(decoding: bytes, as: UTF8.self)): \(error)")
            }
        }
        #expect(refused > 500)
    }

    static func random(depth: Int, _ generator: inout SplitMix) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<63, using: &generator))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &generator))
        case 4: return .number(Double(Float.random(in: 0...1, using: &generator)))
        case 5: return .string(randomText(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in random(depth: depth - 1, &generator) }
            )
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                object[randomText(&generator)] = random(depth: depth - 1, &generator)
            }
            return .object(object)
        }
    }

    private static func randomText(_ generator: inout SplitMix) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "9", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "\u{FFFF}", "😀", "\u{10FFFF}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            text.unicodeScalars.append(scalars.randomElement(using: &generator) ?? "a")
        }
        return text
    }

    static func matches(_ value: JSONValue, _ foundation: Any) -> Bool {
        switch value {
        case .null: return foundation is NSNull
        case .bool(let bool): return (foundation as? NSNumber)?.boolValue == bool
        case .integer(let integer): return (foundation as? NSNumber)?.int64Value == integer
        case .number(let number):
            // JSONSerialization goes by Decimal, some units off in the last place; JSONNumberTests hold us to the last bit.
            guard let other = (foundation as? NSNumber)?.doubleValue else { return false }
            return abs(other - number) <= 16 * number.ulp
        case .string(let string): return (foundation as? String).map { Array($0.utf8) == Array(string.utf8) } ?? false
        case .array(let elements):
            guard let others = foundation as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy { matches($0, $1) }
        case .object(let object):
            guard let others = foundation as? [String: Any], others.count == object.count else { return false }
            return object.allSatisfy { key, value in others[key].map { matches(value, $0) } ?? false }
        }
    }
}
