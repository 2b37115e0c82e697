package import CloudEvents
package import JSON

/// Something that a person did, for those who ask later.
///
/// It is an event of the record, written in the transaction of what was done, and outlives the retention of other events.
/// Only request-logger makes such events: those that come from outside are dropped.
package struct AuditEntry: Sendable, Hashable {
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case acknowledge
        case silence
        case close
        case erase
        case signIn = "sign-in"
    }

    package var id: String
    package var time: Timestamp
    package var action: Action
    /// What it was done to: the id of an alert or of a request.
    package var subject: String
    /// Who did it: the name that goes with their token, else what they called themselves.
    package var person: String?
    /// Whether the name is that of a token, or only what the request said.
    package var isNameProven: Bool
    package var role: String
    /// How they were known: `open`, `token`, `session` or `jwt`.
    package var way: String
    /// What else was said: until when, why.
    package var details: JSONValue

    package init(
        id: String,
        time: Timestamp,
        action: Action,
        subject: String,
        person: String?,
        isNameProven: Bool,
        role: String,
        way: String,
        details: JSONValue = [:]
    ) {
        self.id = id
        self.time = time
        self.action = action
        self.subject = subject
        self.person = person
        self.isNameProven = isNameProven
        self.role = role
        self.way = way
        self.details = details
    }

    /// The type of its event.
    package static let eventType = EventType.audit

    /// Its event.
    package func event() throws(CloudEventError) -> CloudEvent {
        try CloudEvent(
            id: id,
            source: EventSource.path(namespace: "default", name: "request-logger"),
            type: Self.eventType,
            subject: subject,
            time: time,
            dataContentType: "application/json",
            data: json.serialized()
        )
    }

    package var json: JSONValue {
        [
            "action": .string(action.rawValue), "subject": .string(subject), "person": JSONValue(person),
            "name_proven": .bool(isNameProven), "role": .string(role), "way": .string(way), "time": JSONValue(time),
            "details": details,
        ]
    }

    /// Nil for an event that is no entry.
    package init?(of event: CloudEvent) {
        guard event.type == Self.eventType, let data = event.jsonData,
            let action = data["action"]?.string.flatMap(Action.init(rawValue:))
        else { return nil }
        self.init(
            id: event.id,
            time: event.time ?? data["time"]?.timestamp ?? Timestamp(nanoseconds: 0),
            action: action,
            subject: data["subject"]?.string ?? "",
            person: data["person"]?.string,
            isNameProven: data["name_proven"]?.bool ?? false,
            role: data["role"]?.string ?? "",
            way: data["way"]?.string ?? "",
            details: data["details"] ?? [:]
        )
    }
}
