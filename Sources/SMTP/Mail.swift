package import CloudEvents

/// A message of plain text.
package struct Mail: Sendable, Hashable {
    package var from: String
    package var to: [String]
    package var subject: String
    package var date: Timestamp
    /// What tells it from all other messages, without brackets: the same again when it is sent again.
    package var id: String
    /// What it belongs to: messages with one thread are shown together.
    package var thread: String
    package var text: String

    package init(
        from: String,
        to: [String],
        subject: String,
        date: Timestamp,
        id: String,
        thread: String,
        text: String
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.date = date
        self.id = id
        self.thread = thread
        self.text = text
    }
}
