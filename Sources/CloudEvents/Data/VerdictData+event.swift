extension VerdictData {
    /// The event that carries a verdict on a window.
    ///
    /// - Parameters:
    ///   - time: When the window was closed, by its own clock.
    ///   - causationID: The id of the event that closed it.
    public func windowEvent(time: Timestamp, causationID: String?) throws(CloudEventError) -> CloudEvent {
        let bounds: String
        if let window {
            bounds = "\(window.positionFrom)-\(window.positionTo)"
        } else if case .quality(let data) = content {
            bounds = "\(data.reason)-\(data.start.nanoseconds / 1_000_000_000)"
        } else {
            bounds = "\(status.rawValue)-\(time.nanoseconds)"
        }
        var extensions: [String: CloudEventValue] = ["correlationid": .string(correlationID)]
        if let causationID { extensions["causationid"] = .string(causationID) }
        return try event(id: "\(correlationID):\(kind):\(bounds)", time: time, extensions)
    }

    /// The event that carries a verdict on rows of one request.
    ///
    /// - Parameters:
    ///   - row: The row, where the verdict is on one of several; nil where it is on the whole request.
    ///   - causationID: The id of the judged event.
    public func instanceEvent(
        time: Timestamp,
        requestID: String,
        row: Int? = nil,
        causationID: String
    ) throws(CloudEventError) -> CloudEvent {
        let judged = row.map { ExchangeIdentity.rowID(requestID: requestID, row: $0) } ?? requestID
        return try event(
            id: "\(correlationID):\(kind):\(judged)",
            time: time,
            [
                "requestid": .string(requestID), "causationid": .string(causationID),
                "correlationid": .string(correlationID),
            ]
        )
    }

    /// `<monitor>@<config hash>`: what all verdicts of one monitor in one configuration have in common.
    public var correlationID: String { "\(meta.monitor)@\(meta.configHash)" }

    /// `/vedette/<namespace>/<monitor>`, never a host.
    public var source: String { EventSource.path(namespace: meta.namespace, name: meta.monitor) }

    private func event(
        id: String,
        time: Timestamp,
        _ specific: [String: CloudEventValue]
    ) throws(CloudEventError) -> CloudEvent {
        var extensions = specific
        extensions["namespace"] = .string(meta.namespace)
        extensions["model"] = .string(meta.model)
        extensions["component"] = .string(meta.component)
        extensions["endpoint"] = .string(meta.endpoint)
        if let version = meta.modelVersion { extensions["modelversion"] = .string(version) }
        extensions["partitionkey"] = .string("\(meta.namespace)/\(meta.model)/\(meta.endpoint)")
        return try CloudEvent(
            id: id,
            source: source,
            type: eventType,
            time: time,
            dataContentType: "application/json",
            extensions: extensions,
            data: encoded()
        )
    }
}

/// The sources of our events.
public enum EventSource {
    /// `/vedette/<namespace>/<name>`, with what a URI does not allow percent-encoded.
    public static func path(namespace: String, name: String) -> String {
        "/vedette/\(segment(namespace))/\(segment(name))"
    }

    private static func segment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "@", ":": result.unicodeScalars.append(scalar)
            default: result += HeaderText.percentEscape(byte)
            }
        }
        return result
    }
}
