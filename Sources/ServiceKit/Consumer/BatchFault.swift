import CloudEvents

/// Why a batch was refused, with the event that is to blame.
struct BatchFault: DescribedError {
    let errorCode: String
    let message: String
    let remedy: String

    /// - Parameter index: Which of the events it was, from 0 on.
    init(_ error: any Error, at index: Int, of events: [CloudEvent]) {
        let described = error as? any DescribedError
        errorCode = described?.errorCode ?? "internal_error"
        let place = "event \(index + 1) of \(events.count), \"\(events[index].id.prefix(128))\""
        message = "\(place): \(described?.message ?? "something went wrong inside")"
        remedy = described?.remedy ?? "The log of the service says what"
    }
}
