package import NIOCore

/// When each step of one inference was done, read from the clock as it goes.
package struct InferenceTime: Sendable {
    /// When the request was whole.
    package let arrived: NIODeadline
    /// When work on it began.
    package private(set) var began: NIODeadline?
    /// When its inputs were the model's rows.
    package private(set) var read: NIODeadline?
    /// When the model had answered.
    package private(set) var computed: NIODeadline?
    /// When the answer was written.
    package private(set) var written: NIODeadline?
    /// The rows of the request.
    package private(set) var rows = 0

    package init(arrived: NIODeadline) {
        self.arrived = arrived
    }

    package mutating func begin() { began = .now() }
    package mutating func inputsAreRead(rows: Int) {
        read = .now()
        self.rows = rows
    }
    package mutating func outputsAreComputed() { computed = .now() }
    package mutating func answerIsWritten() { written = .now() }

    /// From the beginning of the work to its end, in nanoseconds; 0 while either is open.
    package var busy: Int64 { Self.span(began, written) }

    /// From one moment to another in nanoseconds; 0 where one of them has not come.
    static func span(_ start: NIODeadline?, _ end: NIODeadline?) -> Int64 {
        guard let start, let end else { return 0 }
        return (end - start).nanoseconds
    }
}
