package import CloudEvents

/// Which alerts to list, newest first by the time of opening; a nil field does not restrict.
package struct AlertQuery: Sendable, Hashable {
    /// Any of these states.
    package var states: Set<Alert.State>?
    package var namespace: String?
    package var model: String?
    package var kind: String?
    /// Alerts that changed at this time or later.
    package var since: Timestamp?
    package var limit: Int
    package var cursor: PageCursor?

    package init(
        states: Set<Alert.State>? = nil,
        namespace: String? = nil,
        model: String? = nil,
        kind: String? = nil,
        since: Timestamp? = nil,
        limit: Int = 50,
        cursor: PageCursor? = nil
    ) {
        self.states = states
        self.namespace = namespace
        self.model = model
        self.kind = kind
        self.since = since
        self.limit = limit
        self.cursor = cursor
    }
}
