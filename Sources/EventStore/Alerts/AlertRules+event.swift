package import CloudEvents
import JSON

extension AlertRules.Step {
    /// The `io.vedette.alert` event that tells of the change; its id depends on the alert and its revision alone.
    ///
    /// - Parameter time: When it changed.
    package func event(at time: Timestamp) throws(CloudEventError) -> CloudEvent {
        let key = alert.key
        var extensions: [String: CloudEventValue] = [
            "namespace": .string(key.namespace), "model": .string(key.model), "endpoint": .string(key.endpoint),
            "change": .string(change.rawValue), "correlationid": .string(alert.id), "partitionkey": .string(alert.id),
        ]
        if let causationID { extensions["causationid"] = .string(causationID) }
        return try CloudEvent(
            id: "\(alert.id)-\(alert.revision)",
            source: EventSource.path(namespace: key.namespace, name: "request-logger"),
            type: EventType.alert,
            subject: alert.id,
            time: time,
            dataContentType: "application/json",
            extensions: extensions,
            data: alert.json.serialized()
        )
    }
}
