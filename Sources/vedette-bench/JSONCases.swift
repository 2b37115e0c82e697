import Foundation
import JSON

/// Our reader as others can compare theirs with it: a text in, a line out that says what it means.
///
/// On standard input texts come one after the other, each after its length in 4 bytes, little-endian. For each goes a line
/// to standard output: `!` where the text is refused, otherwise its value: `n`, `t`, `f`, `i` and a number, `d` and the
/// bits of a double in hexadecimal, `s` and the bytes of a string in hexadecimal, `[` … `]`, `{` … `}`.
enum JSONCases {
    static func run() {
        let input = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
        var output: [UInt8] = []
        var place = 0
        while place + 4 <= input.count {
            let length = (0..<4).reduce(0) { $0 | Int(input[place + $1]) << (8 * $1) }
            place += 4
            let text = input[place..<min(place + length, input.count)]
            place += length
            if let value = try? JSONValue(parsing: text, limits: .strict) {
                write(value, to: &output)
            } else {
                output.append(UInt8(ascii: "!"))
            }
            output.append(UInt8(ascii: "\n"))
            if output.count > 1 << 20 {
                FileHandle.standardOutput.write(Data(output))
                output.removeAll(keepingCapacity: true)
            }
        }
        FileHandle.standardOutput.write(Data(output))
    }

    private static func write(_ value: JSONValue, to output: inout [UInt8]) {
        switch value {
        case .null: output.append(UInt8(ascii: "n"))
        case .bool(let value): output.append(UInt8(ascii: value ? "t" : "f"))
        case .integer(let value): output += Array("i\(value)".utf8)
        case .number(let value): output += Array("d\(String(value.bitPattern, radix: 16))".utf8)
        case .string(let text): write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for element in elements {
                write(element, to: &output)
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (key, value) in object {
                write(key, to: &output)
                output.append(UInt8(ascii: ":"))
                write(value, to: &output)
                output.append(UInt8(ascii: ","))
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        output.append(UInt8(ascii: "s"))
        for byte in text.utf8 { output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    }
}
