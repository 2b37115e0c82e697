/// An error that says what happened and what to do next; every library's own error type is one.
package protocol DescribedError: Error {
    /// The kind of failure, small and stable: it labels metrics and decides the HTTP status.
    var errorCode: String { get }
    /// What happened, with the values seen.
    var message: String { get }
    /// What to do next.
    var remedy: String { get }
}
