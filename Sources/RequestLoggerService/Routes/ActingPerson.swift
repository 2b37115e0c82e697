import CloudEvents
import EventStore
import Foundation
import JSON
import ServiceKit

/// Who acts: somebody whom a token names, or who calls themselves something where nobody is asked for one.
struct ActingPerson: Sendable {
    let principal: Principal
    /// What the body says, in `by`.
    let claimed: String?

    /// - Parameter content: The body of the request.
    init(_ principal: Principal, content: JSONValue) {
        self.principal = principal
        claimed = content["by"]?.string.flatMap { $0.isEmpty ? nil : String($0.prefix(120)) }
    }

    var name: String? { principal.name ?? claimed }

    /// The entry of what they do.
    func entry(_ action: AuditEntry.Action, of subject: String, at time: Timestamp, _ details: JSONValue = [:])
        -> AuditEntry
    {
        AuditEntry(
            id: "audit-\(UUID().uuidString.lowercased())",
            time: time,
            action: action,
            subject: subject,
            person: name,
            isNameProven: principal.name != nil,
            role: principal.role.rawValue,
            way: principal.way.rawValue,
            details: details
        )
    }
}

extension EventStoreTransaction {
    /// Writes an entry into the record.
    func note(_ entry: AuditEntry) throws {
        _ = try insert(ClassifiedEvent(try entry.event(), arrivedAt: entry.time))
    }
}
