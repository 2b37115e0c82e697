package import CloudEvents

/// The verdicts that left as answers, so that an event that is sent again gets the same answer; the oldest go first.
package struct StoredReplies: Sendable {
    private let limit: Int
    private var replies: [DeduplicationKeys.Key: CloudEvent] = [:]
    private var order: [DeduplicationKeys.Key] = []

    package init(limit: Int = 4096) {
        self.limit = limit
    }

    package subscript(key: DeduplicationKeys.Key) -> CloudEvent? { replies[key] }

    package mutating func insert(_ reply: CloudEvent, for key: DeduplicationKeys.Key) {
        guard replies.updateValue(reply, forKey: key) == nil else { return }
        order.append(key)
        if order.count > limit { replies[order.removeFirst()] = nil }
    }

    /// Keys and events, oldest first.
    var entries: [(DeduplicationKeys.Key, CloudEvent)] {
        order.compactMap { key in replies[key].map { (key, $0) } }
    }
}
