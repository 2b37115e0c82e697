package import CloudEvents
package import Methods

/// The newest rows of one lane of traffic, and when they are looked at: windows by count, closed early by time.
///
/// A look comes when `size` rows are there; after it the oldest `every` rows go, so that the next look comes `every`
/// rows later. `every` below `size` slides, equal tumbles, above it leaves rows out between two windows. With `atMost`
/// a look comes at the latest that long after the first row since the look before; it holds what is there.
/// A row whose event time lies more than `lateness` before the newest seen is counted and left out.
///
/// **Order.** By `arrival`, rows keep the order in which the journal has them. By `time`, an event waits until the newest
/// event time is more than `lateness` ahead of it, or nothing came for so long, and enters in the order of times and ids:
/// however events were shuffled within `lateness`, the windows are the same. In both a batch's rows stay in order, also
/// when they span two windows.
///
/// Whatever a look says follows from event times: one that is closed by time is dated `atMost` after it opened, not by
/// the tick that noticed it.
///
/// The value holds each row's features in one flat array, `width` floats a row, at most `size` rows, and those that wait
/// for their order.
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

    private var waiting = RowQueue()
    private var rows: [WindowRow] = []
    private var features: [Float] = []
    private var newRows = 0
    private var rowsToSkip = 0
    /// The rows that ever entered: the place of the next.
    private var entered: UInt64 = 0
    /// The newest time of an event that entered.
    private var front: Timestamp?
    /// When the first row since the last look came, by event time, whether it entered or could not be read.
    private var openedAt: Timestamp?

    package init(plan: WindowConfiguration) {
        self.plan = plan
    }

    /// The rows that wait for the next look.
    package var count: Int { rows.count + waiting.rows }

    /// Takes in the features of one event's rows and returns the looks that became due, in order.
    ///
    /// - Parameters:
    ///   - newcomers: The rows, in the order of their batch, all of one event.
    ///   - values: Their features, `newcomers.count × width` floats.
    ///   - arrival: When the journal received the event.
    package mutating func append(_ newcomers: [WindowRow], features values: [Float], arrivedAt arrival: Timestamp)
        -> [Look]
    {
        guard let first = newcomers.first else { return [] }
        guard !isLate(first.time) else {
            lateRows += UInt64(newcomers.count)
            return []
        }
        clock.observe(first.time, arrivedAt: arrival)
        let batch = RowBatch(time: first.time, eventID: first.eventID, rows: newcomers, features: values)
        guard plan.order == .time else { return release() + enter(batch) }
        waiting.insert(batch)
        return release()
    }

    /// Counts rows that should have been in this window and could not be read.
    ///
    /// - Parameter origin: The event that brought them, with its time; nil counts them at once.
    package mutating func exclude(_ count: Int, of origin: RowOrigin? = nil) {
        guard let origin, !isLate(origin.time) else {
            excludedRows += count
            return
        }
        clock.observe(origin.time, arrivedAt: origin.arrival)
        guard plan.order == .time else {
            excludedRows += count
            // A window in which nothing can be read ends too: it has to be said that there was nothing to judge.
            if openedAt == nil { openedAt = max(front ?? origin.time, origin.time) }
            return
        }
        waiting.insert(
            RowBatch(time: origin.time, eventID: origin.eventID, rows: [], features: [], excluded: count)
        )
    }

    /// Moves the clock on to a record of the journal, and returns the looks that became due by time.
    package mutating func advance(to arrival: Timestamp) -> [Look] {
        clock.advance(to: arrival)
        var looks = release()
        // While events wait for their order, their own times close the window.
        if waiting.isEmpty, let atMost = plan.atMost, let openedAt, let now = clock.now, now >= openedAt + atMost {
            looks.append(close(at: openedAt + atMost))
        }
        return looks
    }

    private func isLate(_ time: Timestamp) -> Bool {
        if let latest = clock.latest, time < latest - plan.lateness { return true }
        guard plan.order == .time, let front else { return false }
        return time < front  // the rows after it have entered already
    }

    /// Lets the events in that nothing older can come before any more.
    private mutating func release() -> [Look] {
        var looks: [Look] = []
        let isQuiet = plan.order != .time || clock.idle >= plan.lateness
        while let first = waiting.first, isQuiet || isSettled(first.time) || waiting.isOverfull {
            _ = waiting.popFirst()
            looks += enter(first)
        }
        return looks
    }

    private func isSettled(_ time: Timestamp) -> Bool {
        clock.latest.map { time < $0 - plan.lateness } ?? false
    }

    private mutating func enter(_ batch: RowBatch) -> [Look] {
        var looks: [Look] = []
        let front = max(self.front ?? batch.time, batch.time)
        self.front = front
        // What waited belongs to the time before this event.
        if let atMost = plan.atMost, let openedAt, front >= openedAt + atMost {
            looks.append(close(at: openedAt + atMost))
        }
        excludedRows += batch.excluded
        if batch.excluded > 0, openedAt == nil { openedAt = front }
        guard !batch.rows.isEmpty else { return looks }
        width = batch.features.count / batch.rows.count
        for (index, var row) in batch.rows.enumerated() {
            row.position = entered
            entered += 1
            if rowsToSkip > 0 {
                rowsToSkip -= 1
                continue
            }
            rows.append(row)
            features.append(contentsOf: batch.features[index * width..<(index + 1) * width])
            newRows += 1
            if openedAt == nil { openedAt = front }
            if rows.count == plan.size { looks.append(close(at: nil)) }
        }
        return looks
    }

    /// Closes the window before it is full, because what came last has to be told at once; nil where it is empty.
    package mutating func closeNow() -> Look? {
        rows.isEmpty ? nil : close(at: nil)
    }

    /// - Parameter deadline: When the time was up; nil for a full window, which its newest event closes, however late
    ///   that came.
    private mutating func close(at deadline: Timestamp?) -> Look {
        let look = Look(
            number: nextLook,
            rows: rows,
            features: features,
            width: width,
            newRows: newRows,
            excludedRows: excludedRows,
            hasEnoughRows: deadline == nil || rows.count >= plan.minSize,
            at: deadline ?? front ?? Timestamp(nanoseconds: 0)
        )
        let kept = min(rows.count, max(0, plan.size - plan.every))
        rows.removeFirst(rows.count - kept)
        features.removeFirst(features.count - kept * width)
        rowsToSkip = deadline == nil ? max(0, plan.every - plan.size) : 0
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
        waiting.write(to: &writer)
        writer.write(rows) { $1.write(to: &$0) }
        writer.write(features)
        writer.write(newRows)
        writer.write(rowsToSkip)
        writer.write(entered)
        writer.write(front) { $0.write($1) }
        writer.write(openedAt) { $0.write($1) }
    }

    package init(plan: WindowConfiguration, from reader: inout StateReader) throws(MonitoringError) {
        self.plan = plan
        width = try reader.readInt()
        lateRows = try reader.read(UInt64.self)
        excludedRows = try reader.readInt()
        nextLook = try reader.read(UInt64.self)
        clock = try EventClock(from: &reader)
        waiting = try RowQueue(from: &reader)
        rows = try reader.readArray { reader throws(MonitoringError) in try WindowRow(from: &reader) }
        features = try reader.readFloats()
        newRows = try reader.readInt()
        rowsToSkip = try reader.readInt()
        entered = try reader.read(UInt64.self)
        front = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
        openedAt = try reader.readOptional { reader throws(MonitoringError) in try reader.readTimestamp() }
    }
}
