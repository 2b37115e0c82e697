package import CloudEvents
import Crypto
package import JSON

/// An event with what the record needs to know of it: a pure function of the event and its arrival.
///
/// A class, since it goes through many hands and nobody changes it: a copy is one count and not thirty.
package final class ClassifiedEvent: Sendable {
    /// The event as it came.
    package let event: CloudEvent
    /// When it was journalled.
    package let arrivedAt: Timestamp
    package let kind: EventKind
    package let namespace: String?
    package let model: String?
    package let component: String?
    package let endpoint: String?
    package let version: String?
    /// The request that it belongs to or speaks about.
    package let requestID: String?
    /// The rows of that request that it speaks about; empty when it speaks about all of them.
    package let rows: [Int]
    /// What a verdict says.
    package let verdict: VerdictReading?
    /// The event that it answers.
    package let causationID: String?
    /// The event without its data, as structured JSON: what the store keeps beside the payload.
    package let attributes: [UInt8]
    /// The event's data as a store keeps it.
    package let payload: StoredPayload?

    /// Classifies an event that came in.
    package convenience init(_ event: CloudEvent, arrivedAt: Timestamp) {
        // Taking data away breaks no rule of an event.
        let bare = try? event.replacingData(nil, contentType: event.dataContentType)
        self.init(
            event,
            attributes: JSONFormat.encode(bare ?? event),
            payload: event.data.map(StoredPayload.init),
            arrivedAt: arrivedAt
        )
    }

    private init(_ event: CloudEvent, attributes: [UInt8], payload: StoredPayload?, arrivedAt: Timestamp) {
        self.event = event
        self.attributes = attributes
        self.payload = payload
        self.arrivedAt = arrivedAt
        kind = EventKind(type: event.type)
        causationID = event[extension: "causationid"]
        if kind.isHalf {
            var identity = ExchangeIdentity(of: event)
            let lacksVersion = kind == .response && identity.version == nil
            if identity.model.isEmpty || lacksVersion, event[extension: "contentencoding"] == nil {
                identity = ExchangeIdentity(of: event, body: .init(scanning: event.data ?? []))
            }
            namespace = identity.namespace
            model = identity.model
            component = identity.component
            endpoint = identity.endpoint
            version = identity.version
            requestID = identity.requestID
            rows = []
            verdict = nil
            return
        }
        // Whoever speaks about an exchange may leave parts of its key out; they then agree with any.
        func stated(_ name: String) -> String? { event[extension: name].flatMap { $0.isEmpty ? nil : $0 } }
        func text(_ value: JSONValue?) -> String? { value?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let content = kind == .other || kind == .alert ? nil : event.jsonData
        namespace = stated("namespace") ?? text(content?["namespace"]) ?? text(content?["meta"]?["namespace"])
        model = stated("model") ?? text(content?["model"]) ?? text(content?["meta"]?["model"])
        component = stated("component")
        endpoint = stated("endpoint")
        version = stated("modelversion")
        verdict = kind == .verdict ? VerdictReading(content, type: event.type) : nil
        let reference = (stated("requestid") ?? content?["requestid"]?.string).map(RowReference.init)
        requestID = reference.map { ExchangeIdentity.usable(requestID: $0.requestID) }
        rows = reference?.row.map { [$0] } ?? verdict?.rows ?? (content?["row"]?.int).map { [$0] } ?? []
    }

    /// Reads an event back from what the store kept.
    ///
    /// - Parameters:
    ///   - attributes: What ``attributes`` gave.
    ///   - payload: What ``payload`` gave.
    /// - Throws: `CloudEventError` or `EventStoreError` when one of them is damaged.
    package convenience init(attributes: [UInt8], payload: StoredPayload?, arrivedAt: Timestamp) throws {
        let event = try JSONFormat.decode(attributes)
        let whole = try event.replacingData(try payload?.data, contentType: event.dataContentType)
        self.init(whole, attributes: attributes, payload: payload, arrivedAt: arrivedAt)
    }

    /// 16 bytes that tell this event from all others: SHA-256 of source, id and type.
    ///
    /// Of requests and responses the time counts too: where a client names its requests itself, as with KServe, the same
    /// id at another time is another attempt and no redelivery. Its seconds lead, before 12 bytes of the hash: an index of
    /// fingerprints then grows where it was touched last, and not at a thousand random places for a thousand events.
    package var fingerprint: [UInt8] {
        let time = kind.isHalf ? event.time : nil
        var text: [UInt8] = []
        text.reserveCapacity(160)
        for part in [event.source, event.id, event.type] {
            text += part.utf8
            text.append(0)
        }
        guard let time else { return Array(SHA256.hash(data: text).prefix(16)) }
        withUnsafeBytes(of: time.nanoseconds.bigEndian) { text += $0 }
        let seconds = UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000_000)
        return withUnsafeBytes(of: seconds.bigEndian) { Array($0) } + SHA256.hash(data: text).prefix(12)
    }

    /// When it happened: its own time, else its arrival.
    package var time: Timestamp { event.time ?? arrivedAt }

    /// When the exchange of a request or response began.
    package var began: Timestamp {
        guard kind == .response, let latency = latencyMilliseconds, latency > 0, latency < 1e9 else { return time }
        return time - .nanoseconds(Int64(latency * 1e6))
    }

    /// The exchange of a request or response; nil for any other event.
    package var exchangeKey: ExchangeKey? { kind.isHalf ? presumedKey(requestID: requestID ?? event.id) : nil }

    /// The key with the usual values where the event states none.
    package func presumedKey(requestID: String) -> ExchangeKey {
        ExchangeKey(
            namespace: namespace ?? "default",
            model: model ?? "",
            component: component ?? "predictor",
            endpoint: endpoint ?? "default",
            requestID: requestID
        )
    }

    /// The model's HTTP status.
    package var statusCode: Int? { event[extension: "statuscode"].flatMap { Int($0) } }

    /// How long the model took.
    package var latencyMilliseconds: Double? {
        event[extension: "latencyms"].flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    /// How many exchanges this one stands for, 1 to a million.
    package var sampledRate: Double {
        event[extension: "sampledrate"].flatMap { Double($0) }.map { $0.isFinite ? min(max(1, $0), 1e6) : 1 } ?? 1
    }

    /// The monitor that judged.
    package var monitor: String? { verdict?.monitor }

    /// What a verdict flags its subject as; empty when it flags nothing.
    package var flags: [VerdictKind] {
        guard let verdict, verdict.isFlagged else { return [] }
        return VerdictKind(rawValue: verdict.kind).map { [$0] } ?? []
    }

    /// The rows that a verdict flags; empty when it flags the request as a whole, or nothing.
    package var flaggedRows: [Int] { verdict?.flaggedRows ?? [] }

    /// What a verdict about a window says; nil for any other event.
    package var windowVerdict: WindowVerdict? {
        guard let verdict, requestID == nil, let monitor = verdict.monitor, let status = verdict.status else {
            return nil
        }
        return WindowVerdict(
            key: Alert.Key(
                namespace: namespace ?? "default",
                model: model ?? Alert.Key.unknownModel,
                endpoint: endpoint ?? "default",
                monitor: monitor
            ),
            version: version,
            kind: verdict.reason == "silence" ? "silence" : verdict.kind,
            method: verdict.method,
            status: status,
            eventID: event.id,
            window: verdict.window,
            statistic: verdict.statistic,
            pValue: verdict.pValue,
            // What the figure was held against: the budget's level for a p-value.
            threshold: verdict.pValue == nil ? verdict.threshold : verdict.alarmLevel ?? verdict.threshold,
            alarmLevel: verdict.alarmLevel,
            budget: verdict.budget,
            effect: verdict.effect,
            features: verdict.features,
            requestIDs: verdict.requestIDs,
            owner: verdict.owner,
            runbookURL: verdict.runbookURL
        )
    }
}

extension EventKind {
    /// - Parameter type: The type of an event, of any dialect.
    package init(type: String) {
        if EventType.isInferenceRequest(type) {
            self = .request
        } else if EventType.isInferenceResponse(type) {
            self = .response
        } else if EventType.isVerdict(type) || type == EventType.Seldon.outlier || type == EventType.Seldon.drift {
            self = .verdict
        } else {
            self =
                switch type {
                case EventType.explanation: .explanation
                case EventType.feedback, EventType.Seldon.feedback: .label
                case EventType.outcome: .outcome
                case EventType.alert: .alert
                default: .other
                }
        }
    }
}

extension CloudEvent {
    /// The data as JSON, or nil where it is none.
    package var jsonData: JSONValue? { data.flatMap { try? JSONValue(parsing: $0) } }
}
