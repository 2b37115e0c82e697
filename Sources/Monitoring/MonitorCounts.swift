/// What became of the events and rows that a monitor was offered; they add up, and a snapshot keeps them.
package struct MonitorCounts: Sendable, Equatable {
    /// Rows that were judged or entered a window.
    package var rows: UInt64 = 0
    /// Rows that could not be read.
    package var excludedRows: UInt64 = 0
    /// Rows kept by a rule: judged one by one where the method does that, never part of a test.
    package var untestedRows: UInt64 = 0
    /// Responses that report a failure: no prediction to judge.
    package var failedResponses: UInt64 = 0
    /// Rows of a version that the reference does not speak for.
    package var foreignVersionRows: UInt64 = 0
    /// Looks at windows.
    package var looks: UInt64 = 0
    /// Alarms that began.
    package var alarms: UInt64 = 0
    /// Lanes that made room for others, with what their windows and tests had seen.
    package var evictedLanes: UInt64 = 0

    package init() {}

    private static var fields: [WritableKeyPath<MonitorCounts, UInt64>] {
        [\.rows, \.excludedRows, \.untestedRows, \.failedResponses, \.foreignVersionRows, \.looks, \.alarms]
    }

    package func write(to writer: inout StateWriter) {
        for field in Self.fields { writer.write(self[keyPath: field]) }
        writer.write(evictedLanes)
    }

    package init(from reader: inout StateReader) throws(MonitoringError) {
        for field in Self.fields { self[keyPath: field] = try reader.read(UInt64.self) }
        // The last thing of a monitor's state, which states of older builds end before.
        if !reader.isAtEnd { evictedLanes = try reader.read(UInt64.self) }
    }
}
