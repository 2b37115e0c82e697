import CloudEvents
import Methods

extension Monitor {
    /// The key that its state is kept under: a monitor of the same name with other numbers starts anew.
    package var stateKey: String { "\(name)@\(fitted.configHash)" }

    /// Writes everything that its next verdicts depend on.
    package func write(to writer: inout StateWriter) {
        join.write(to: &writer) { $1.write(to: &$0) }
        writer.write(lanes.sorted { $0.key < $1.key }) { writer, lane in
            writer.write(lane.key.endpoint)
            writer.write(lane.key.version)
            writer.write(lane.value.touched)
            lane.value.status.write(to: &writer)
            lane.value.window.write(to: &writer)
            lane.value.run?.write(to: &writer)
        }
        writer.write(budgets.sorted { $0.key < $1.key }) { writer, budget in
            writer.write(budget.key)
            budget.value.write(to: &writer)
        }
        exclusions.write(to: &writer)
        silence.write(to: &writer)
        writer.write(foreignVersions) { $0.write($1) }
        counts.write(to: &writer)
    }

    /// Takes over what a monitor of the same `stateKey` wrote.
    ///
    /// - Throws: `.unreadableState`; the monitor is then as it was before.
    package mutating func restore(from reader: inout StateReader) throws(MonitoringError) {
        var restored = self
        restored.join = try HalfJoin(within: join.within, capacity: join.capacity, from: &reader) {
            reader throws(MonitoringError) in try ExchangeHalf(from: &reader)
        }
        restored.lanes = [:]
        for _ in 0..<(try reader.read(UInt32.self)) {
            let key = LaneKey(endpoint: try reader.readString(), version: try reader.readString())
            let touched = try reader.read(UInt64.self)
            let status = try MonitorStatus(from: &reader)
            var lane = Lane(window: try RowWindow(plan: lanePlan, from: &reader))
            if case .sequential(let test) = fitted.method { lane.run = try SequentialRun(test, from: &reader) }
            lane.touched = touched
            lane.status = status
            restored.lanes[key] = lane
        }
        restored.budgets = [:]
        for _ in 0..<(try reader.read(UInt32.self)) {
            let endpoint = try reader.readString()
            var budget = budget
            try budget.restore(from: &reader)
            restored.budgets[endpoint] = budget
        }
        restored.exclusions = try ExclusionLedger(from: &reader)
        try restored.silence.restore(from: &reader)
        restored.foreignVersions = try reader.readArray { reader throws(MonitoringError) in try reader.readString() }
        restored.counts = try MonitorCounts(from: &reader)
        let newest = restored.lanes.values.max { $0.touched < $1.touched }
        restored.reading.status = newest?.status.shown ?? .learning
        restored.reading.windowRows = newest?.window.count ?? 0
        self = restored
    }

    /// Forgets all traffic: the monitor is learning again, with a fresh budget.
    ///
    /// - Throws: Never in practice: the monitor was made from the same parts before.
    package func reset() throws(MonitoringError) -> Monitor {
        try Monitor(
            name: name,
            kind: kind,
            fitted: fitted,
            schema: reader.schema,
            featureWidth: featureWidth,
            version: version,
            order: plan.order ?? .arrival
        )
    }
}
