import CloudEvents
import Methods
import Tensors

extension Monitor {
    /// When the windows of a lane close: those of a sequential test each time a verdict is due, all their rows new.
    var lanePlan: WindowConfiguration {
        guard case .sequential = fitted.method else { return plan }
        var rule = plan
        rule.order = .arrival  // the test takes a row when it comes, and takes none back
        rule.size = rule.every
        rule.minSize = min(rule.minSize, rule.size)
        return rule
    }

    /// A lane that has seen nothing.
    var newLane: Lane {
        var lane = Lane(window: RowWindow(plan: lanePlan))
        if case .sequential(let test) = fitted.method { lane.run = SequentialRun(test) }
        return lane
    }

    /// Feeds the rows of one event to the lane's test, one by one; a verdict follows each detection, and every `every`
    /// rows or `at_most` one of how things are.
    mutating func follow(_ features: Tensor<Float>, by test: any SequentialTest, of origin: RowOrigin) -> [CloudEvent] {
        guard origin.isForTests else {
            counts.untestedRows += UInt64(features.rows)
            return []
        }
        silence.sawRows(at: origin.arrival)
        let width = features.elementsPerRow
        var verdicts: [CloudEvent] = []
        features.withUnsafeBufferPointer { values in
            for row in 0..<features.rows {
                let place = UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width])
                do throws(MethodError) { try test.check(place) } catch {
                    verdicts += exclude(Exclusion(ExclusionReason(error)), of: origin)
                    continue
                }
                verdicts += follow(place, row: row, by: test, of: origin)
            }
        }
        reading.windowRows = lanes[origin.lane]?.window.count ?? 0
        return verdicts
    }

    private mutating func follow(
        _ values: UnsafeBufferPointer<Float>,
        row: Int,
        by test: any SequentialTest,
        of origin: RowOrigin
    ) -> [CloudEvent] {
        let newcomer = WindowRow(
            requestID: origin.requestID,
            row: origin.firstRow + row,
            eventID: origin.eventID,
            time: origin.time
        )
        var looks: [Look] = []
        var isLate = false
        withLane(of: origin) { lane in
            let lateBefore = lane.window.lateRows
            looks = lane.window.append([newcomer], features: [], arrivedAt: origin.arrival)
            isLate = lane.window.lateRows > lateBefore
        }
        guard !isLate else { return [] }  // counted by the window
        counts.rows += 1
        reading.lastRow = origin.time
        // A look that time closed came before this row, and tells what the test said before it.
        var verdicts: [CloudEvent] = []
        if let first = looks.first, first.rows.last?.eventID != newcomer.eventID || first.rows.last?.row != newcomer.row
        {
            verdicts.append(judge(first, in: origin.lane))
            looks.removeFirst()
        }
        withLane(of: origin) { lane in
            if lane.run?.take(values) == true, looks.isEmpty, let look = lane.window.closeNow() {
                looks.append(look)
            }
        }
        verdicts += looks.map { judge($0, in: origin.lane) }
        if !looks.isEmpty { withLane(of: origin) { $0.run?.restart(after: test) } }
        return verdicts
    }
}
