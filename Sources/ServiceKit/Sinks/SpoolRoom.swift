package import CloudEvents

/// What a spool would keep of an event: the stages by which it gives way when its sink does not come for what waits.
package enum SpoolRoom: Int, Comparable, Sendable {
    /// Events are dropped.
    case nothing
    /// Events lose their data.
    case attributes
    /// Events are kept as they are.
    case everything

    package static func < (left: SpoolRoom, right: SpoolRoom) -> Bool { left.rawValue < right.rawValue }
}

extension CloudEvent {
    /// The event without its data, which says so in `dataomitted`.
    package func thinned() throws(CloudEventError) -> CloudEvent {
        var thin = try replacingData(nil, contentType: nil)
        try thin.setExtension(Self.omission, to: "spool-full")
        return thin
    }

    /// Whether its data was left out because a spool was full.
    var isThinned: Bool { extensions[Self.omission] != nil }

    private static let omission = "dataomitted"
}
