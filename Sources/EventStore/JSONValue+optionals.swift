package import CloudEvents
package import JSON

/// Fields that may be absent: nil becomes null.
extension JSONValue {
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    package init(_ number: Double?) { self = number.map { $0.isFinite ? .number($0) : .null } ?? .null }

    package init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }

    package init(_ time: Timestamp?) { self = time.map { .string($0.rfc3339) } ?? .null }

    /// The time that a string holds, or nil.
    package var timestamp: Timestamp? { string.flatMap { try? Timestamp(rfc3339: $0) } }
}
