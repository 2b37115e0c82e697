/// The part of a model's traffic whose rows may share a window: one endpoint, one version.
package struct LaneKey: Hashable, Sendable, Comparable {
    /// The endpoint, "" where the events name none.
    package let endpoint: String
    /// The model's version, "" where the events name none.
    package let version: String

    package init(endpoint: String, version: String) {
        self.endpoint = endpoint
        self.version = version
    }

    package static func < (left: LaneKey, right: LaneKey) -> Bool {
        (left.endpoint, left.version) < (right.endpoint, right.version)
    }
}

/// What a monitor remembers of one lane.
package struct Lane: Sendable {
    package var window: RowWindow
    package var status = MonitorStatus()
    /// The position of the record that last touched it: the lane that rested longest makes room for a new one.
    package var touched: UInt64 = 0

    /// Where the sequential test stands, for monitors of one; then the window only counts and names the rows since the
    /// verdict before.
    package var run: SequentialRun?

    package init(window: RowWindow, run: SequentialRun? = nil) {
        self.window = window
        self.run = run
    }
}
