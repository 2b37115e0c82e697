import CloudEvents
import EventStore
import Journal
import OpenInference
import ServiceKit

/// Brings records of the journal into the store, a transaction at a time, with what they do to alerts.
struct Recorder: Sendable {
    /// What a transaction did, for metrics and logs.
    struct Report: Sendable {
        var handled: [String: Int] = [:]
        var dropped: [String: Int] = [:]
        var failed = 0
        var reusedRequestIDs = 0
        var undecodable: [String: Int] = [:]
        var alerts = AlertDesk.Outcome()
    }

    let store: any EventStore
    let desk: AlertDesk
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings

    init(store: any EventStore, desk: AlertDesk, paths: PayloadMappings = .none) {
        self.store = store
        self.desk = desk
        self.paths = paths
    }

    /// Records that follow each other, read and judged as far as that needs no store.
    struct Batch: Sendable {
        /// The position of the last of them.
        let last: JournalPosition
        fileprivate var events: [ClassifiedEvent] = []
        fileprivate var report = Report()

        /// The events in their order, cut behind every verdict about a window: it is judged by what came before it, so
        /// that the same journal gives the same alerts however it is read.
        fileprivate var runs: [ArraySlice<ClassifiedEvent>] {
            var runs: [ArraySlice<ClassifiedEvent>] = []
            var start = events.startIndex
            for index in events.indices where events[index].windowVerdict != nil {
                runs.append(events[start...index])
                start = index + 1
            }
            return runs + (start < events.endIndex ? [events[start...]] : [])
        }

        /// Nil when there are no records.
        init?(_ records: [JournalRecord], paths: PayloadMappings = .none) {
            guard let last = records.last else { return nil }
            self.last = last.position
            events.reserveCapacity(records.count)
            for record in records where record.kind == .event {
                guard let event = try? EventRecord(record.payload).event else {
                    report.failed += 1
                    continue
                }
                if event.type == AuditEntry.eventType {
                    report.dropped[event.type, default: 0] += 1  // nobody else says what people did here
                    continue
                }
                let classified = ClassifiedEvent(event, arrivedAt: Timestamp(nanoseconds: record.receivedAt))
                if let reason = Recorder.fault(in: classified, paths) { report.undecodable[reason, default: 0] += 1 }
                events.append(classified)
            }
        }
    }

    /// Writes a batch and its last position, or nothing of it.
    func record(_ batch: Batch) async throws -> Report {
        try await store.write { [desk] transaction in
            var report = batch.report
            for run in batch.runs {
                for (event, insertion) in zip(run, try transaction.insert(Array(run))) {
                    let type = event.event.type
                    guard case .stored(_, let isReused) = insertion else {
                        report.dropped[type, default: 0] += 1
                        continue
                    }
                    report.handled[type, default: 0] += 1
                    report.reusedRequestIDs += isReused ? 1 : 0
                    if let verdict = event.windowVerdict {
                        report.alerts += try desk.judge(verdict, at: event.arrivedAt, in: transaction)
                    }
                }
            }
            try transaction.setPosition(batch.last.rawValue)
            return report
        }
    }

    /// Why a payload cannot be decoded, or nil; the answers of models that failed are not looked at.
    fileprivate static func fault(in event: ClassifiedEvent, _ paths: PayloadMappings) -> String? {
        guard event.kind.isHalf, (event.statusCode ?? 200) < 400, let data = event.event.data, !data.isEmpty else {
            return nil
        }
        do {
            _ = try paths.decoder(for: event.model).decode(event.event)
            return nil
        } catch {
            return error.code.name
        }
    }
}
