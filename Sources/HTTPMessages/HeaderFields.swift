import NIOCore

/// Header fields of a message: the head as it came, or a list.
package enum HeaderFields: Sendable {
    case head(MessageHead)
    case list([(name: String, value: String)])

    /// Name and value of each field, in order.
    package var all: [(name: String, value: String)] {
        switch self {
        case .head(let head): head.headers
        case .list(let list): list
        }
    }

    /// The first value of the field.
    package func value(_ name: FieldName) -> String? {
        switch self {
        case .head(let head): head.value(name)
        case .list(let list): list.first { FieldName($0.name) == name }?.value
        }
    }

    /// The first value of the field with this name, compared without regard to case.
    package func value(_ name: String) -> String? {
        let known = FieldName(name)
        guard known == .other else { return value(known) }
        let lowercased = name.lowercased()
        return all.first { $0.name.lowercased() == lowercased }?.value
    }

    /// How much memory they take, in bytes.
    package var bytes: Int {
        switch self {
        case .head(let head): head.bytes.readableBytes
        case .list(let list): list.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        }
    }
}
