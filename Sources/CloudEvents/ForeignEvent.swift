import JSON

/// Payload records that are no CloudEvents, made into the events that they would be.
///
/// | from | told by | becomes |
/// | --- | --- | --- |
/// | ModelMesh's payload processor | a JSON object with `modelid`, `kind` and `data` | our request or response event, its data the protobuf message |
/// | Seldon Core v1's Kafka records, posted by a bridge | a header `type` of Seldon's payload events, without `ce-` | the same event with its attributes |
/// | Kafka records of Seldon Core v1 and v2 by way of Knative's KafkaSource | type `dev.knative.kafka.event`, and Seldon's headers or topic names | Seldon's event, or our request or response event |
///
/// Ids are derived from what the record says, so a record that is sent again is the same event.
enum ForeignEvent {
    private static let knativeRecord = "dev.knative.kafka.event"

    /// The event of a message without `ce-specversion`; nil where it is none of these.
    static func event(headers: HTTPBinding.Headers, body: [UInt8]) throws(CloudEventError) -> CloudEvent? {
        var fields: [String: String] = [:]
        for (name, value) in headers { fields[name.lowercased()] = value }
        if let event = try seldon(fields, body, key: nil) { return event }
        return try modelMesh(body)
    }

    /// The event inside a record that Knative's KafkaSource wrapped; the event itself where it is none of Seldon's.
    static func unwrapped(_ event: CloudEvent) throws(CloudEventError) -> CloudEvent {
        guard event.type == knativeRecord else { return event }
        // Knative drops from the names of headers what attributes may not have.
        var fields: [String: String] = [:]
        for (name, value) in event.extensions where name.hasPrefix("kafkaheader") {
            fields[String(name.dropFirst("kafkaheader".count))] = value.text
        }
        let key = event[extension: "key"]
        fields["content-type"] = fields["contenttype"] ?? event.dataContentType
        if let event = try seldon(fields, event.data ?? [], key: key) { return event }
        let topic = event.source.split(separator: "#").last.map(String.init) ?? ""
        return try seldonTopic(topic, fields, key: key, event) ?? event
    }

    // MARK: ModelMesh

    private static func modelMesh(_ body: [UInt8]) throws(CloudEventError) -> CloudEvent? {
        guard body.first == UInt8(ascii: "{"), let record = strings(body), let model = record["modelid"],
            let kind = record["kind"], let text = record["data"], let id = record["id"],
            kind == "request" || kind == "response"
        else { return nil }
        guard let data = Base64.decode(Array(text.utf8)) else {
            throw CloudEventError(
                .attributeValue,
                "data of a ModelMesh record is no base64",
                remedy: "Send the message of the call in base64"
            )
        }
        var extensions: [String: CloudEventValue] = [
            "requestid": .string(id), "model": .string(model),
            "dialect": .string(PayloadDialect.openInference.rawValue),
        ]
        // gRPC's statuses have names; all but OK say that the call failed.
        if kind == "response", let status = record["status"], status != "OK", !status.isEmpty {
            extensions["statuscode"] = .integer(500)
        }
        return try CloudEvent(
            id: UniqueIdentifier.derived(from: "\(id) \(kind)"),
            source: "/modelmesh/\(URIReference.escaped(model))",
            type: kind == "request" ? EventType.inferenceRequest : EventType.inferenceResponse,
            dataContentType: "application/protobuf",
            extensions: extensions,
            data: data
        )
    }

    /// The members of a JSON object that are texts or numbers, without a tree of the rest; nil for what is no object.
    private static func strings(_ body: [UInt8]) -> [String: String]? {
        var members: [String: String] = [:]
        let read: Void? = try? body.withRawBytes { bytes throws(JSONError) in
            var reader = JSONReader(bytes, limits: .strict)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch try reader.peek() {
                case .string: members[key] = try reader.readString()
                case .number: members[key] = String(decoding: reader.text(of: try reader.skipValue()), as: UTF8.self)
                default: try reader.skipValue()
                }
            }
            try reader.finish()
        }
        return read == nil ? nil : members
    }

    // MARK: Seldon Core

    /// Version 1's records name the event's attributes without a prefix.
    private static func seldon(
        _ fields: [String: String],
        _ data: [UInt8],
        key: String?
    ) throws(CloudEventError) -> CloudEvent? {
        guard let type = fields["type"], EventDialect(type: type) == .seldon,
            let requestID = fields["requestid"] ?? key
        else { return nil }
        var extensions: [String: CloudEventValue] = ["requestid": .string(requestID)]
        for name in ["modelid", "inferenceservicename", "namespace", "endpoint", "protocol"] {
            extensions[name] = fields[name].map { .string($0) }
        }
        let service = fields["inferenceservicename"] ?? ""
        let model = fields["modelid"] ?? ""
        return try CloudEvent(
            id: UniqueIdentifier.derived(from: "\(requestID) \(type) \(model)"),
            source: "/seldon/\(URIReference.escaped(service))",
            type: type,
            dataContentType: fields["content-type"],
            extensions: extensions,
            data: data
        )
    }

    /// Version 2's topics are `<prefix>.<namespace>.model.<name>.inputs` and `.outputs`; the key is the request's id.
    private static func seldonTopic(
        _ topic: String,
        _ fields: [String: String],
        key: String?,
        _ record: CloudEvent
    ) throws(CloudEventError) -> CloudEvent? {
        let parts = topic.split(separator: ".").map(String.init)
        guard parts.count >= 5, parts[2] == "model" || parts[2] == "pipeline", let side = parts.last,
            side == "inputs" || side == "outputs", let requestID = fields["xrequestid"] ?? key
        else { return nil }
        let data = record.data ?? []
        let model = parts[3..<parts.count - 1].joined(separator: ".")
        return try CloudEvent(
            id: UniqueIdentifier.derived(from: "\(requestID) \(topic)"),
            source: "/seldon/\(URIReference.escaped(model))",
            type: side == "inputs" ? EventType.inferenceRequest : EventType.inferenceResponse,
            time: record.time,
            dataContentType: data.first == UInt8(ascii: "{") ? "application/json" : "application/protobuf",
            extensions: [
                "requestid": .string(requestID), "namespace": .string(parts[1]), "model": .string(model),
                "component": .string(parts[2]), "dialect": .string(PayloadDialect.openInference.rawValue),
            ],
            data: data
        )
    }
}
