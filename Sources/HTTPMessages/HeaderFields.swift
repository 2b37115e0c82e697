import NIOCore

/// Header fields of a message: the head as it came, of HTTP/1 or HTTP/2, or a list.
package enum HeaderFields: Sendable {
    case head(MessageHead)
    case section(HeaderSection)
    case list([(name: String, value: String)])

    /// The method of a request, empty for anything else.
    package var method: String {
        switch self {
        case .head(let head): head.method
        case .section(let section): section.method
        case .list: ""
        }
    }

    /// The target of a request with its query, empty for anything else.
    package var target: String {
        switch self {
        case .head(let head): head.target
        case .section(let section): section.path
        case .list: ""
        }
    }

    /// Name and value of each field, in order.
    package var all: [(name: String, value: String)] {
        switch self {
        case .head(let head): head.headers
        case .section(let section): section.fields.map { ($0.name, $0.value) }
        case .list(let list): list
        }
    }

    /// The first value of the field.
    package func value(_ name: FieldName) -> String? {
        switch self {
        case .head(let head): head.value(name)
        case .section(let section): section.value(name)
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
        case .section(let section): section.size
        case .list(let list): list.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        }
    }
}
