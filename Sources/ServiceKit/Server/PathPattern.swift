/// A path with names in it, `/v2/models/{model}/infer`.
struct PathPattern: Sendable {
    private enum Segment {
        case literal(String)
        case name(String)
    }

    private let segments: [Segment]

    init(_ text: String) {
        segments = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .name(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    /// What stands in the place of the names, percent-decoded; nil when the path is another one.
    ///
    /// One slash at the end makes no other path of it, as it makes none of the routes that are not hot: KServe and MLServer
    /// redirect such a request to the path without it, and clients that do not follow would lose their body there.
    func match(_ path: Substring) -> PathParameters? {
        var rest = path.utf8
        var parameters = PathParameters()
        for segment in segments {
            guard rest.popFirst() == UInt8(ascii: "/") else { return nil }
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let part = rest[..<end]
            switch segment {
            case .literal(let text):
                guard part.elementsEqual(text.utf8) else { return nil }
            case .name(let name):
                guard !part.isEmpty, let value = Substring(part).removingPercentEscapes else { return nil }
                parameters.append(name, value)
            }
            rest = rest[end...]
        }
        return rest.isEmpty || rest.elementsEqual("/".utf8) ? parameters : nil
    }
}

/// What stood in the place of the names of a route's path.
package struct PathParameters: Sendable, ExpressibleByDictionaryLiteral {
    private var pairs: [(name: String, value: String)] = []

    package init() {}
    package init(dictionaryLiteral elements: (String, String)...) {
        pairs = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The text in the place of `{name}`.
    package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    mutating func append(_ name: String, _ value: String) { pairs.append((name: name, value: value)) }
}

extension StringProtocol {
    /// The text with `%41` read as `A`; nil when an escape is broken or the bytes are no UTF-8.
    package var removingPercentEscapes: String? {
        guard utf8.contains(0x25) else { return String(self) }
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
