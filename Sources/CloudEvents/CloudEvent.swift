/// An event as CloudEvents 1.0.2 defines it; one that exists has passed every rule.
///
/// ```swift
/// let event = try CloudEvent(
///     id: "7f0c-request", source: "/vedette/default/tap", type: EventType.inferenceRequest,
///     dataContentType: "application/json", extensions: ["model": "digits"], data: body)
/// ```
public struct CloudEvent: Sendable, Hashable {
    /// Names the event; unique within its source.
    public private(set) var id: String
    /// Where it came from, a URI reference.
    public private(set) var source: String
    /// What happened, `io.vedette.inference.request` for example.
    public private(set) var type: String
    /// What it is about within the source.
    public private(set) var subject: String?
    /// When it happened.
    public private(set) var time: Timestamp?
    /// The media type of the data.
    public private(set) var dataContentType: String?
    /// An absolute URI of the data's schema.
    public private(set) var dataSchema: String?
    /// The other attributes, by name.
    public private(set) var extensions: [String: CloudEventValue]
    /// The payload as it was sent; nil where there is none, which is not the same as no bytes.
    public private(set) var data: [UInt8]?

    /// Makes an event.
    ///
    /// - Throws: A ``CloudEventError`` that names the first rule that is broken.
    public init(
        id: String,
        source: String,
        type: String,
        subject: String? = nil,
        time: Timestamp? = nil,
        dataContentType: String? = nil,
        dataSchema: String? = nil,
        extensions: [String: CloudEventValue] = [:],
        data: [UInt8]? = nil
    ) throws(CloudEventError) {
        for (name, value) in [("id", id), ("source", source), ("type", type)] {
            try AttributeRules.checkNonEmpty(value, as: name)
            try AttributeRules.checkString(value, as: name)
        }
        try AttributeRules.checkURIReference(source, as: "source")
        if let subject {
            try AttributeRules.checkNonEmpty(subject, as: "subject")
            try AttributeRules.checkString(subject, as: "subject")
        }
        if let dataContentType { try AttributeRules.checkMediaType(dataContentType, as: "datacontenttype") }
        if let dataSchema { try AttributeRules.checkURI(dataSchema, as: "dataschema") }
        for (name, value) in extensions {
            try AttributeRules.checkExtensionName(name)
            try value.check(as: name)
        }
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.dataContentType = dataContentType
        self.dataSchema = dataSchema
        self.extensions = extensions
        self.data = data
    }

    /// Makes an event of what was an event before: nothing is checked again.
    ///
    /// For whoever keeps events and reads them back, whole and in the order they were kept: checking costs as much as
    /// reading.
    package init(
        uncheckedID id: String,
        source: String,
        type: String,
        subject: String?,
        time: Timestamp?,
        dataContentType: String?,
        dataSchema: String?,
        extensions: [String: CloudEventValue],
        data: [UInt8]?
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.dataContentType = dataContentType
        self.dataSchema = dataSchema
        self.extensions = extensions
        self.data = data
    }

    /// The text of an extension, however it was typed; assign through ``setExtension(_:to:)``.
    public subscript(extension name: String) -> String? { extensions[name]?.text }

    /// Sets or, with nil, removes an extension.
    public mutating func setExtension(_ name: String, to value: CloudEventValue?) throws(CloudEventError) {
        try AttributeRules.checkExtensionName(name)
        if let value { try value.check(as: name) }
        extensions[name] = value
    }

    /// The same event with other data and content type.
    public func replacingData(_ data: [UInt8]?, contentType: String?) throws(CloudEventError) -> CloudEvent {
        if let contentType { try AttributeRules.checkMediaType(contentType, as: "datacontenttype") }
        var copy = self
        copy.data = data
        copy.dataContentType = contentType
        return copy
    }

    /// The same event under another type.
    package func retyped(_ type: String) throws(CloudEventError) -> CloudEvent {
        try AttributeRules.checkNonEmpty(type, as: "type")
        try AttributeRules.checkString(type, as: "type")
        var copy = self
        copy.type = type
        return copy
    }

    /// The same event about something else: with another id and time, and other data.
    ///
    /// Only what is given is checked, so whoever sends many events of a kind has what they share checked once.
    public func reissued(
        id: String,
        time: Timestamp?,
        dataContentType: String?,
        data: [UInt8]?
    ) throws(CloudEventError) -> CloudEvent {
        try AttributeRules.checkNonEmpty(id, as: "id")
        try AttributeRules.checkString(id, as: "id")
        var copy = try replacingData(data, contentType: dataContentType)
        copy.id = id
        copy.time = time
        return copy
    }

    /// The text of any attribute by its name, nil where it is not set; filters and headers read events this way.
    public func attribute(_ name: String) -> String? {
        switch name {
        case "id": id
        case "source": source
        case "type": type
        case "specversion": "1.0"
        case "subject": subject
        case "time": time?.rfc3339
        case "datacontenttype": dataContentType
        case "dataschema": dataSchema
        default: self[extension: name]
        }
    }

    /// What tells two deliveries of one event from two events.
    ///
    /// The specification's key is source and id; KServe gives a request and its response one of both, so the type
    /// belongs to it.
    public var deduplicationKey: DeduplicationKey { DeduplicationKey(source: source, id: id, type: type) }
}

/// Source, id and type of an event.
public struct DeduplicationKey: Sendable, Hashable, Codable {
    /// The event's source.
    public var source: String
    /// The event's id.
    public var id: String
    /// The event's type.
    public var type: String

    /// Makes a key.
    public init(source: String, id: String, type: String) {
        self.source = source
        self.id = id
        self.type = type
    }
}
