import CloudEvents
import Methods
import Tensors

extension Monitor {
    /// Judges the rows of one event: one by one where the method does that, and as part of their lane's window.
    mutating func judge(_ rows: Tensor<Float>, of origin: RowOrigin) -> [CloudEvent] {
        guard rows.rows > 0 else { return [] }  // an empty batch is a question without rows, and no fault
        guard speaks(for: origin) else { return noticeForeignVersion(rows.rows, of: origin) }
        do {
            let features = try fitted.features(of: rows, from: fitted.rowSource)
            switch fitted.method {
            case .window: return enter(features, of: origin)
            case .instance(let scorer): return try score(features, by: scorer, of: origin)
            case .sequential(let test): return follow(features, by: test, of: origin)
            }
        } catch {
            return exclude(Exclusion(ExclusionReason(error), rows: rows.rows), of: origin)
        }
    }

    /// Counts rows that could not be read, against the window that they should have entered too.
    mutating func exclude(_ exclusion: Exclusion, of origin: RowOrigin) -> [CloudEvent] {
        counts.excludedRows += UInt64(exclusion.rows)
        exclusions.exclude(
            rows: exclusion.rows,
            reason: exclusion.reason,
            requestID: origin.requestID,
            eventID: origin.eventID,
            position: origin.position,
            at: origin.arrival
        )
        if origin.isForTests { withLane(of: origin) { $0.window.exclude(exclusion.rows, of: origin) } }
        return []
    }

    // MARK: Windows of features

    private mutating func enter(_ features: Tensor<Float>, of origin: RowOrigin) -> [CloudEvent] {
        guard origin.isForTests else {
            counts.untestedRows += UInt64(features.rows)
            return []
        }
        guard features.elementsPerRow == featureWidth ?? features.elementsPerRow else {
            return exclude(Exclusion(.wrongShape, rows: features.rows), of: origin)
        }
        guard case .window(let test) = fitted.method, !test.takesMissingValues else {
            return append(features.elements, rows: Array(0..<features.rows), of: origin)
        }
        let usable = features.indicesOfFiniteRows
        guard usable.count < features.rows else {
            return append(features.elements, rows: usable, of: origin)
        }
        let answers = exclude(Exclusion(.missingValue, rows: features.rows - usable.count), of: origin)
        guard !usable.isEmpty else { return answers }
        return answers + append(features.selectingRows(usable).elements, rows: usable, of: origin)
    }

    private mutating func append(_ values: [Float], rows: [Int], of origin: RowOrigin) -> [CloudEvent] {
        guard !rows.isEmpty else { return [] }
        let newcomers = rows.map { index in
            WindowRow(
                requestID: origin.requestID,
                row: origin.firstRow + index,
                eventID: origin.eventID,
                time: origin.time
            )
        }
        silence.sawRows(at: origin.arrival)
        var looks: [Look] = []
        var isLate = false
        withLane(of: origin) { lane in
            let lateBefore = lane.window.lateRows
            looks = lane.window.append(newcomers, features: values, arrivedAt: origin.arrival)
            isLate = lane.window.lateRows > lateBefore
        }
        guard !isLate else { return [] }  // counted by the window
        counts.rows += UInt64(rows.count)
        reading.lastRow = origin.time
        reading.windowRows = lanes[origin.lane]?.window.count ?? 0
        return looks.map { judge($0, in: origin.lane) }
    }

    /// Judges a window and writes its verdict.
    mutating func judge(_ look: Look, in key: LaneKey) -> CloudEvent {
        // By the rows that were judged and not by what came meanwhile, whose order is nobody's promise.
        var budget = budgets[key.endpoint] ?? self.budget
        if let first = look.rows.first { budget.earn(until: first.time) }
        budget.earn(until: look.at)
        var lane = lanes[key] ?? newLane
        if let answer = lane.run?.finding {
            let judgement = lane.status.judge(look, answer: answer, alert: fitted.configuration.alert)
            lanes[key]?.status = lane.status
            return conclude(judgement, look, in: key)
        }
        var judgement = lane.status.judge(
            look,
            budget: &budget,
            alert: fitted.configuration.alert,
            smallestPValue: smallestPValue(rows: look.rows.count)
        ) { level in try test(look, level: level) }
        lanes[key] = lane
        budgets[key.endpoint] = budget
        explain(&judgement, look)
        return conclude(judgement, look, in: key)
    }

    private mutating func conclude(_ judgement: Judgement, _ look: Look, in key: LaneKey) -> CloudEvent {
        counts.looks += 1
        if judgement.beginsAlarm { counts.alarms += 1 }
        reading.take(judgement, at: look.at)
        return verdicts.window(judgement, look: look, lane: key)
    }

    private func smallestPValue(rows: Int) -> Double {
        if case .window(let test) = fitted.method { test.smallestPValue(rows: rows) } else { 0 }
    }

    /// Says what a window that drifted is consistent with, and which slices of it changed; a failure to say so is no failure
    /// of the test.
    private func explain(_ judgement: inout Judgement, _ look: Look) {
        guard fitted.labelShift != nil || fitted.slices != nil, let result = judgement.result, result.isDrift,
            let features = try? Tensor(shape: [look.rows.count, look.width], elements: look.features)
        else { return }
        judgement.slices = fitted.slices(of: result, features)
        guard let cause = try? fitted.cause(of: result, features, using: fitted.configuration.seed &+ look.number)
        else { return }
        judgement.cause = cause.sentence
        judgement.details = cause.details
    }

    private func test(_ look: Look, level: Double) throws -> WindowResult {
        switch fitted.method {
        case .window(let test):
            let features = try Tensor(shape: [look.rows.count, look.width], elements: look.features)
            // Each look draws its own permutations, the first as `vedette detect` does.
            return try test.test(features, level: level, using: fitted.configuration.seed &+ look.number)
        case .instance(let scorer):
            let share = flaggedShare ?? FlaggedShare(rate: scorer.promisedRate, calibrationCount: nil)
            return share.test(look.features)
        case .sequential:
            preconditionFailure("the lane of a sequential test has its run")
        }
    }

    // MARK: Instances

    private mutating func score(_ features: Tensor<Float>, by scorer: any InstanceScorer, of origin: RowOrigin) throws
        -> [CloudEvent]
    {
        let usable = features.indicesOfFiniteRows
        if usable.count < features.rows {
            _ = exclude(Exclusion(.missingValue, rows: features.rows - usable.count), of: origin)
        }
        guard !usable.isEmpty else { return [] }
        let result = try scorer.score(usable.count == features.rows ? features : features.selectingRows(usable))
        var answers = [
            verdicts.instances(
                result,
                rows: usable.map { origin.firstRow + $0 },
                threshold: scorer.threshold,
                of: origin
            )
        ]
        reading.statistic = result.scores.last
        reading.threshold = scorer.threshold
        guard origin.isForTests else {
            counts.untestedRows += UInt64(usable.count)
            return answers
        }
        answers += append(result.isOutlier.map { $0 ? 1 : 0 }, rows: usable, of: origin)
        return answers
    }

    // MARK: Versions and lanes

    /// Whether the reference may be compared with this version's traffic.
    private func speaks(for origin: RowOrigin) -> Bool {
        guard let made = fitted.manifest.modelVersion, !origin.version.isEmpty else { return true }
        return made == origin.version || selection.acceptVersions.contains(origin.version)
    }

    private mutating func noticeForeignVersion(_ rows: Int, of origin: RowOrigin) -> [CloudEvent] {
        counts.foreignVersionRows += UInt64(rows)
        guard !foreignVersions.contains(origin.version) else { return [] }
        if foreignVersions.count == Self.laneLimit { foreignVersions.removeFirst() }
        foreignVersions.append(origin.version)
        return [verdicts.noReference(for: origin)]
    }

    mutating func withLane(of origin: RowOrigin, _ body: (inout Lane) -> Void) {
        // Taken out while it changes, so that what it holds is changed in place and not copied.
        var lane = lanes.removeValue(forKey: origin.lane) ?? newLane
        body(&lane)
        lane.touched = origin.position
        lanes[origin.lane] = lane
        while lanes.count > Self.laneLimit,
            let oldest = lanes.min(by: { ($0.value.touched, $0.key) < ($1.value.touched, $1.key) })
        {
            lanes[oldest.key] = nil
            counts.evictedLanes += 1
            evictions.append(oldest.key)
            if !lanes.keys.contains(where: { $0.endpoint == oldest.key.endpoint }) {
                budgets[oldest.key.endpoint] = nil
            }
        }
    }
}

extension Tensor where Element == Float {
    /// The indices of the rows that hold finite numbers only.
    var indicesOfFiniteRows: [Int] {
        let width = elementsPerRow
        return withUnsafeBufferPointer { values in
            (0..<rows).filter { row in values[row * width..<(row + 1) * width].allSatisfy(\.isFinite) }
        }
    }
}

extension ExclusionReason {
    /// The reason for which a method refused rows.
    init(_ error: any Error) {
        switch (error as? MethodError)?.code {
        case .shapeMismatch?: self = .wrongShape
        case .nonFiniteValue?: self = .missingValue
        case .valueOutOfRange?: self = .outOfRange
        default: self = .methodFailed
        }
    }
}
