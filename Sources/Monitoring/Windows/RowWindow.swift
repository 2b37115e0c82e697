package import CloudEvents
package import Methods

/// The newest rows of one lane of traffic, and when they are looked at: windows by count, closed early by time.
///
/// A look comes when `size` rows are there; after it the oldest `every` rows go, so that the next look comes `every`
/// rows later. `every` below `size` slides, equal tumbles, above it leaves rows out between two windows. With `atMost`
/// a look comes at the latest that long after the first row since the look before; it holds what is there.
/// Rows keep the order in which the journal has them, also when a batch spans two windows. A row whose event time lies
/// more than `lateness` before the newest seen is counted and left out.
///
/// The value holds each row's features in one flat array, `width` floats a row, at most `size` rows.
package struct RowWindow: Sendable, Equatable {
    /// The rule by which the window is looked at.
    package let plan: WindowConfiguration
    /// Floats per row; 0 until the first row came.
    package private(set) var width = 0
    /// Rows left out because they came too late.
    package private(set) var lateRows: UInt64 = 0
    /// Rows that could not be read since the last look; they count against the window.
    package private(set) var excludedRows = 0
    /// The number of the next look, from 0.
    package private(set) var nextLook: UInt64 = 0
    package private(set) var clock = EventClock()

    private var rows: [WindowRow] = []
    private var features: [Float] = []
    private var newRows = 0
    private var rowsToSkip = 0
    private var openedAt: Timestamp?

    package init(plan: WindowConfiguration) {
        self.plan = plan
    }

    /// The rows that wait for the next look.
    package var count: Int { rows.count }

    /// Takes in the features of one event's rows and returns the looks that became due, in order.
    ///
    /// - Parameters:
    ///   - newcomers: The rows, in the order of their batch, all of one event.
    ///   - values: Their features, `newcomers.count × width` floats.
    ///   - arrival: When the journal received the event.
    package mutating func append(_ newcomers: [WindowRow], features values: [Float], arrivedAt arrival: Timestamp)
        -> [Look]
    {
        guard let time = newcomers.first?.time else { return [] }
        if let latest = clock.latest, time < latest - plan.lateness {
            lateRows += UInt64(newcomers.count)
            return []
        }
        width = values.count / newcomers.count
        var looks: [Look] = []
        clock.observe(time, arrivedAt: arrival)
        if let look = closeIfDue() { looks.append(look) }  // what waited belongs to the time before this event
        for (index, row) in newcomers.enumerated() {
            if rowsToSkip > 0 {
                rowsToSkip -= 1
                continue
            }
            rows.append(row)
            features.append(contentsOf: values[index * width..<(index + 1) * width])
            newRows += 1
            if openedAt == nil { openedAt = clock.now }
            if rows.count == plan.size { looks.append(close(early: false)) }
        }
        return looks
    }

    /// Counts rows that should have been in this window and could not be read.
    package mutating func exclude(_ count: Int) {
        excludedRows += count
    }

    /// Moves the clock on to a record of the journal, and returns the look that became due by time.
    package mutating func advance(to arrival: Timestamp) -> Look? {
        clock.advance(to: arrival)
        return closeIfDue()
    }

    /// Closes the window before it is full, because what came last has to be told at once; nil where it is empty.
    package mutating func closeNow() -> Look? {
        rows.isEmpty ? nil : close(early: false)
    }

    private mutating func closeIfDue() -> Look? {
        guard let atMost = plan.atMost, let openedAt, let now = clock.now, now >= openedAt + atMost else { return nil }
        return close(early: true)
    }

    private mutating func close(early: Bool) -> Look {
        let look = Look(
            number: nextLook,
            rows: rows,
            features: features,
            width: width,
            newRows: newRows,
            excludedRows: excludedRows,
            hasEnoughRows: !early || rows.count >= plan.minSize,
            // A full window is closed by its newest event, however late that came; by time it is closed by the clock.
            at: (early ? clock.now : clock.latest) ?? Timestamp(nanoseconds: 0)
        )
        let kept = min(rows.count, max(0, plan.size - plan.every))
        rows.removeFirst(rows.count - kept)
        features.removeFirst(features.count - kept * width)
        rowsToSkip = early ? 0 : max(0, plan.every - plan.size)
        newRows = 0
        excludedRows = 0
        openedAt = nil
        nextLook += 1
        return look
    }
}

extension RowWindow {
    package func write(to writer: inout StateWriter) {
        writer.write(width)
        writer.write(lateRows)
        writer.write(excludedRows)
        writer.write(nextLook)
        clock.write(to: &writer)
        writer.write(rows) { $1.write(to: &$0) }
        writer.write(features)
        writer.write(newRows)
        writer.write(rowsToSkip)
        writer.write(openedAt) { $0.write($1) }
    }

    package init(plan: WindowConfiguration, from reader: inout StateReader) throws(MonitoringError) {
        self.plan = plan
        width = try reader.readInt()
        lateRows = try reader.read(UInt64.self)
        excludedRows = try reader.readInt()
        nextLook = try reader.read(UInt64.self)
        clock = try EventClock(from: &reader)
        rows = try reader.readArray { reader throws(MonitoringError) in try WindowRow(from: &reader) }
        features = try reader.readFloats()
        newRows = try reader.readInt()
        rowsToSkip = try reader.readInt()
        openedAt = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
