import Dispatch
import Synchronization

/// How records come into a journal.
extension Journal {
    /// Appends a record and returns when it is as durable as the configuration promises.
    ///
    /// - Throws: `.full` at the bound, `.tooLarge`, `.system` when the disk refuses, `.closed`.
    package func append(
        _ payload: [UInt8],
        kind: RecordKind = .event,
        receivedAt: Int64? = nil
    ) async throws(JournalError) -> JournalPosition {
        let result: Result<JournalPosition, JournalError> = await withCheckedContinuation { continuation in
            append(payload, kind: kind, receivedAt: receivedAt) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Appends a record without a task: for event loops, which must not wait.
    ///
    /// - Parameter completion: Called once, on the journal's thread or, with durability `none` or an error, on the
    ///   caller's; it must return at once.
    package func append(
        _ payload: [UInt8],
        kind: RecordKind = .event,
        receivedAt: Int64? = nil,
        completion: @escaping @Sendable (Result<JournalPosition, JournalError>) -> Void
    ) {
        do throws(JournalError) {
            let isPromisedNow = configuration.durability == .none
            let position = try enqueue(
                payload,
                kind: kind,
                receivedAt: receivedAt,
                completion: isPromisedNow ? .none : .call(completion)
            )
            if isPromisedNow { completion(.success(position)) }
        } catch {
            completion(.failure(error))
        }
    }

    /// Appends records that came together, without a task and with one look at the state.
    ///
    /// Nobody else's record comes between them. Each is kept or refused by itself, as if appended alone.
    ///
    /// - Parameters:
    ///   - payloads: At least one.
    ///   - completion: Called once, when all are as durable as promised or refused; gets those that are not in the journal,
    ///     by their places. On the journal's thread or the caller's; it must return at once.
    package func append(
        together payloads: [[UInt8]],
        completion: @escaping @Sendable ([(index: Int, error: JournalError)]) -> Void
    ) {
        let group = AppendGroup(count: payloads.count, completion: completion)
        let isPromisedNow = configuration.durability == .none
        let now = Self.now()
        // Told after the lock is let go of: whoever hears it may append again.
        var settled: [(index: Int, failure: JournalError?)] = []
        let mustWake = state.withLock { state in
            for (index, payload) in payloads.enumerated() {
                if let refusal = admission(of: payload, in: state) {
                    settled.append((index, refusal))
                } else if !state.mayWait(recordBytes(payload), configuration) {
                    settled.append((index, full(state)))
                } else {
                    _ = take(payload, .event, at: now, isPromisedNow ? .none : .group(group, index), into: &state)
                    if isPromisedNow { settled.append((index, nil)) }
                }
            }
            return state.takeWake()
        }
        if mustWake { wake.signal() }
        for (index, failure) in settled { group.settle(index, failure) }
    }

    /// Hands a record to the writer and does not wait: what a sender uses that must never be held up.
    ///
    /// - Returns: The position that the record will have.
    /// - Throws: `.full`, `.tooLarge`, `.closed`; a disk that refuses later shows in ``failure``.
    package func enqueue(_ payload: [UInt8], kind: RecordKind = .event) throws(JournalError) -> JournalPosition {
        try enqueue(payload, kind: kind, receivedAt: nil, completion: .none)
    }

    /// Appends many records with one wake of the writer, and returns when all of them are written or refused.
    ///
    /// Waits where ``JournalConfiguration/pendingBytes`` are waiting already, so a sender in a hurry is slowed down to
    /// the disk instead of losing records; it waits for the writer with every durability, for the same reason.
    ///
    /// - Returns: For each payload whether it is in the journal.
    package func append(contentsOf payloads: [[UInt8]], kind: RecordKind = .event) async -> [Bool] {
        let tally = AppendTally(count: payloads.count)
        var start = 0
        while start < payloads.count {
            await withCheckedContinuation { continuation in
                tally.begin { continuation.resume() }
                start = enqueue(payloads, from: start, kind: kind, tally: tally)
                tally.endOfRound()
            }
        }
        return tally.kept
    }

    /// Hands records to the writer until no more may wait; at least one, so that every round gets on.
    ///
    /// - Returns: The index of the first that was neither handed over nor refused.
    private func enqueue(_ payloads: [[UInt8]], from start: Int, kind: RecordKind, tally: AppendTally) -> Int {
        let now = Self.now()
        var index = start
        let mustWake = state.withLock { state in
            while index < payloads.count, index == start || state.mayWait(recordBytes(payloads[index]), configuration) {
                if admission(of: payloads[index], in: state) == nil {
                    tally.expect()
                    _ = take(payloads[index], kind, at: now, .tally(tally, index), into: &state)
                }
                index += 1
            }
            return state.takeWake()
        }
        if mustWake { wake.signal() }
        return index
    }

    func enqueue(
        _ payload: [UInt8],
        kind: RecordKind,
        receivedAt: Int64?,
        completion: PendingRecord.Completion
    ) throws(JournalError) -> JournalPosition {
        let now = receivedAt ?? Self.now()
        let result = state.withLock { state -> Result<(JournalPosition, Bool), JournalError> in
            if let refusal = admission(of: payload, in: state) { return .failure(refusal) }
            guard state.mayWait(recordBytes(payload), configuration) else { return .failure(full(state)) }
            let position = take(payload, kind, at: now, completion, into: &state)
            return .success((position, state.takeWake()))
        }
        let (position, mustWake) = try result.get()
        if mustWake { wake.signal() }
        return position
    }

    /// Why a record cannot be taken, nil when it can.
    private func admission(of payload: [UInt8], in state: borrowing JournalState) -> JournalError? {
        let size = recordBytes(payload)
        if state.isClosed { return Self.closed(directory) }
        guard size <= configuration.capacityBytes / 4, payload.count < Int(UInt32.max) else {
            return JournalError(
                .tooLarge,
                "a record of \(payload.count) bytes in a journal of \(configuration.capacityBytes)",
                remedy: "Send smaller events, or raise the journal's capacity"
            )
        }
        let needed = state.segmentBytes + state.pendingBytes + size + SegmentFormat.headerBytes
        return needed <= configuration.capacityBytes ? nil : full(state)
    }

    private func full(_ state: borrowing JournalState) -> JournalError {
        JournalError(
            .full,
            "the journal \(directory) holds \(state.segmentBytes) of \(configuration.capacityBytes) bytes, "
                + "\(state.pendingBytes) more wait to be written",
            remedy: "Wait until its reader has caught up, or raise its capacity"
        )
    }

    private func take(
        _ payload: [UInt8],
        _ kind: RecordKind,
        at time: Int64,
        _ completion: PendingRecord.Completion,
        into state: inout JournalState
    ) -> JournalPosition {
        let position = state.next
        state.next = JournalPosition(rawValue: position.rawValue + 1)
        state.latestTime = max(state.latestTime, time)  // time never runs backwards in a journal
        state.pending.append(
            PendingRecord(
                record: JournalRecord(position: position, receivedAt: state.latestTime, kind: kind, payload: payload),
                completion: completion
            )
        )
        state.pendingBytes += recordBytes(payload)
        if configuration.durability == .none { acknowledged.position = position }
        return position
    }

    private func recordBytes(_ payload: [UInt8]) -> Int { SegmentFormat.recordHeaderBytes + payload.count }
}
