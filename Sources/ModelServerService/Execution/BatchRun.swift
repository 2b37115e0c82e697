import NIOCore
import OpenInference
import Tensors

/// Runs requests that waited together: each decoded and encoded by itself, their rows answered at once.
///
/// Rows are put together only where they have the same shape, and no more than `mostRows` at a time. What goes wrong with
/// one request is that one's alone: where the model fails on several together, each is asked by itself.
struct BatchRun {
    let model: ServedModel
    let calls: [any PendingExchange]
    let mostRows: Int
    /// Told how many requests each call of the model answered.
    let observe: (Int) -> Void

    private struct Read {
        var call: any PendingExchange
        var request: InferenceRequest
        var rows: Tensor<Float>
        var time: InferenceTime
    }

    /// - Returns: How many of the calls were run; those that nobody waited for were not.
    func run() -> Int {
        var reads: [Read] = []
        var skipped = 0
        for call in calls {
            var time = InferenceTime(arrived: call.since)
            time.begin()
            guard !call.isAbandoned else {
                skipped += 1
                call.fail(InferenceFailure.abandoned, time)
                continue
            }
            do {
                let (request, rows) = try call.read()
                time.inputsAreRead(rows: rows.rows)
                reads.append(Read(call: call, request: request, rows: rows, time: time))
            } catch {
                call.fail(error, time)
            }
        }
        for group in groups(reads) { answer(group) }
        return calls.count - skipped
    }

    /// Neighbours whose rows go together.
    private func groups(_ reads: [Read]) -> [ArraySlice<Read>] {
        var groups: [ArraySlice<Read>] = []
        var (start, rows) = (0, 0)
        for (place, read) in reads.enumerated() {
            let fits = place == start || (rows + read.rows.rows <= mostRows && read.rows.fits(reads[start].rows))
            if !fits {
                groups.append(reads[start..<place])
                (start, rows) = (place, 0)
            }
            rows += read.rows.rows
        }
        if start < reads.count { groups.append(reads[start...]) }
        return groups
    }

    private func answer(_ group: ArraySlice<Read>) {
        guard group.count > 1 else {
            if let only = group.first { answer(only) }
            return
        }
        do {
            var time = InferenceTime(arrived: group.first?.call.since ?? .now())
            time.begin()
            let rows = try Tensor.concatenatingRows(group.map(\.rows))
            time.inputsAreRead(rows: rows.rows)
            let answers = try model.predict(rows)
            guard answers.rows == rows.rows else { return group.forEach(answer) }
            time.outputsAreComputed()
            observe(group.count)
            var place = 0
            for var read in group {
                read.time.outputsAreComputed()
                let count = read.rows.rows
                read.call.finish(read.request, answers.rows(place..<place + count), read.time)
                place += count
            }
            time.answerIsWritten()
            model.statistics.ran(time)
        } catch {
            group.forEach(answer)
        }
    }

    private func answer(_ read: Read) {
        var time = read.time
        do {
            let answer = try model.predict(read.rows)
            time.outputsAreComputed()
            observe(1)
            read.call.finish(read.request, answer, time)
            time.answerIsWritten()
            model.statistics.ran(time)
        } catch {
            read.call.fail(error, time)
        }
    }
}

extension Tensor {
    /// Whether rows of both may stand in one tensor.
    fileprivate func fits(_ other: Tensor) -> Bool {
        !shape.isEmpty && shape.count == other.shape.count && shape.dropFirst() == other.shape.dropFirst()
    }
}
