/// Why data that an event refers to did not come; the raw value is the outcome in the metric.
package enum ReferenceFailure: String, Error, CaseIterable, Sendable {
    /// Its place is none that the settings allow.
    case notAllowed = "not_allowed"
    /// They are there no more: 404, 410, no such file.
    case gone
    /// They are larger than allowed, or the event says so.
    case tooLarge = "too_large"
    /// Their hash or size is not the one that the event tells.
    case mismatch
    /// The place answered otherwise, such as 401, or the file cannot be read.
    case refused
    /// The place did not answer in time.
    case unreachable

    /// What to do about it.
    var remedy: String {
        switch self {
        case .notAllowed: "Name the beginning of the address in \(ReferenceSettings.places.name) if it is to be trusted"
        case .gone: "Let data be kept for longer where they are, such as by capture.dataref.capacity.bytes of a tap"
        case .tooLarge: "Raise \(ReferenceSettings.limit.name) if there is memory for it"
        case .mismatch: "Ask who writes to that place: these are not the data that the event tells of"
        case .refused: "See \(ReferenceSettings.tokenFile.name), and whether this process may read the file"
        case .unreachable: "See that the place is up, or raise \(ReferenceSettings.timeout.name)"
        }
    }
}
