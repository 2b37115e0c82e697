package import CloudEvents
import NIOCore
import Synchronization

/// What one version of a model has answered since it was loaded, and how long each step of it took.
package final class InferenceStatistics: Sendable {
    /// Events of one kind and the time that they took together.
    package struct Duration: Sendable, Equatable {
        package var count: UInt64 = 0
        package var nanoseconds: UInt64 = 0

        package init() {}

        fileprivate mutating func add(_ span: Int64) {
            count += 1
            nanoseconds += UInt64(max(span, 0))
        }
    }

    /// The steps of executions of one batch size.
    package struct Batch: Sendable, Equatable {
        package var computeInput = Duration()
        package var computeInfer = Duration()
        package var computeOutput = Duration()

        package init() {}
    }

    /// All that is counted.
    package struct Snapshot: Sendable, Equatable {
        /// When the last request was answered; nil before the first.
        package var lastInference: Timestamp?
        /// Rows that were answered.
        package var inferences: UInt64 = 0
        /// How often the model was run; less than requests where several were answered together.
        package var executions: UInt64 = 0
        package var success = Duration()
        package var fail = Duration()
        /// From the whole request to the beginning of work on it.
        package var queue = Duration()
        package var computeInput = Duration()
        package var computeInfer = Duration()
        package var computeOutput = Duration()
        /// By the rows of an execution.
        package var batches: [Int: Batch] = [:]
    }

    private let counts = Mutex(Snapshot())

    /// Batch sizes that are told apart; executions of others are counted in the sums alone.
    private static let batchSizes = 64

    package init() {}

    /// What has been counted so far.
    package var snapshot: Snapshot { counts.withLock { $0 } }

    /// Counts a request that was answered.
    package func answered(_ time: InferenceTime, at now: Timestamp = .now()) {
        counts.withLock { counts in
            counts.lastInference = now
            counts.inferences += UInt64(time.rows)
            counts.success.add(InferenceTime.span(time.arrived, time.written))
            counts.queue.add(InferenceTime.span(time.arrived, time.began))
            counts.computeInput.add(InferenceTime.span(time.began, time.read))
            counts.computeInfer.add(InferenceTime.span(time.read, time.computed))
            counts.computeOutput.add(InferenceTime.span(time.computed, time.written))
        }
    }

    /// Counts a run of the model, for one request or for several together.
    ///
    /// - Parameter time: The steps of the run; its rows are those of all requests.
    package func ran(_ time: InferenceTime) {
        counts.withLock { counts in
            counts.executions += 1
            guard counts.batches[time.rows] != nil || counts.batches.count < Self.batchSizes else { return }
            var batch = counts.batches[time.rows] ?? Batch()
            batch.computeInput.add(InferenceTime.span(time.began, time.read))
            batch.computeInfer.add(InferenceTime.span(time.read, time.computed))
            batch.computeOutput.add(InferenceTime.span(time.computed, time.written))
            counts.batches[time.rows] = batch
        }
    }

    /// Counts a request that was not.
    package func failed(_ time: InferenceTime) {
        let span = (NIODeadline.now() - time.arrived).nanoseconds
        counts.withLock { $0.fail.add(span) }
    }
}
