/// Text as TOML writes it.
package enum TOMLText {
    /// A string in double quotes, with quotes, backslashes and control characters escaped.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A list of strings.
    package static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ", ") + "]" }

    /// A key, in quotes where it needs them.
    package static func key(_ key: String) -> String {
        let isBare = key.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
        }
        return isBare && !key.isEmpty ? key : quoted(key)
    }
}

extension TOMLValue: CustomStringConvertible {
    /// The value as TOML writes it inline, on one line.
    package var description: String {
        switch content {
        case .text(let text): TOMLText.quoted(text)
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .dateTime(let dateTime): dateTime.text
        case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .table(let table): table.description
        }
    }
}

extension TOMLTable: CustomStringConvertible {
    /// The table as an inline table.
    package var description: String {
        let pairs = entries.map { "\(TOMLText.key($0.key)) = \($0.value)" }
        return pairs.isEmpty ? "{}" : "{ " + pairs.joined(separator: ", ") + " }"
    }
}
