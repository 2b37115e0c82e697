extension VerdictData {
    /// What a verdict is about, as far as its id depends on it.
    public enum Subject: Sendable, Hashable {
        /// A window, by the events that brought its first and its last row, each as `<event id>#<row>`.
        ///
        /// Not by its places in the journal, which move when a sender repeats an event.
        case window(first: String, last: String)
        /// Rows of one request, which this event completed.
        case rows([Int], requestID: String, eventID: String)
        /// A stretch of time, by its beginning.
        case stretch(since: Timestamp)
    }

    /// The event that carries the verdict.
    ///
    /// Its id is derived from who judged what and from nothing else, so whoever judges the same again gives the same id.
    /// A verdict on rows of a request says in the extension `flagged` whether it flags any, for filters and for senders.
    ///
    /// - Parameters:
    ///   - time: When it was judged, by the clock of what was judged.
    ///   - causationID: The id of the event that gave rise to it.
    public func event(
        about subject: Subject,
        time: Timestamp,
        causationID: String?
    ) throws(CloudEventError) -> CloudEvent {
        var extensions: [String: CloudEventValue] = [
            "namespace": .string(meta.namespace), "model": .string(meta.model), "component": .string(meta.component),
            "endpoint": .string(meta.endpoint), "correlationid": .string(correlationID),
            "partitionkey": .string("\(meta.namespace)/\(meta.model)/\(meta.endpoint)"),
        ]
        if let version = meta.modelVersion { extensions["modelversion"] = .string(version) }
        if let causationID { extensions["causationid"] = .string(causationID) }
        if case .rows(_, let requestID, _) = subject {
            extensions["requestid"] = .string(requestID)
            extensions["flagged"] = .boolean(flagsRows)
        }
        return try CloudEvent(
            id: UniqueIdentifier.derived(from: correlationID, key(of: subject).joined(separator: "\n")),
            source: source,
            type: eventType,
            time: time,
            dataContentType: "application/json",
            extensions: extensions,
            data: encoded()
        )
    }

    private func key(of subject: Subject) -> [String] {
        let lane = [kind, meta.endpoint, meta.modelVersion ?? ""]
        switch subject {
        case .window(let first, let last):
            return lane + ["window", first, last]
        case .rows(let rows, let requestID, let eventID):
            return lane + ["rows", requestID, eventID] + rows.map(String.init)
        case .stretch(let start):
            if case .quality(let data) = content { return lane + ["stretch", data.reason, start.rfc3339] }
            return lane + ["stretch", start.rfc3339]
        }
    }

    private var flagsRows: Bool {
        switch content {
        case .outlier(let data), .adversarial(let data): data.isFlagged.contains(true)
        case .drift, .performance, .quality, .fairness: false
        }
    }

    /// `<monitor>@<config hash>`: what all verdicts of one monitor in one configuration have in common.
    public var correlationID: String { "\(meta.monitor)@\(meta.configHash)" }

    /// `/vedette/<namespace>/<monitor>`, never a host.
    public var source: String { EventSource.path(namespace: meta.namespace, name: meta.monitor) }
}

extension CloudEvent {
    /// Whether it is a verdict on rows of one request that flags none of them: news that can wait for company.
    public var isUnflaggedInstanceVerdict: Bool {
        EventType.isVerdict(type) && extensions["flagged"] == .boolean(false)
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
