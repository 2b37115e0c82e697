import CloudEvents
package import JSON
import OpenInference

/// What versions of models have answered, as Triton's statistics extension has it.
package struct StatisticsReport: Sendable {
    private let models: [(name: String, version: String, counts: InferenceStatistics.Snapshot)]

    package init(_ models: [ServedModel]) {
        self.models = models.map { ($0.name, $0.version, $0.statistics.snapshot) }
    }

    /// The steps in the order of the message's fields; nothing is cached here.
    private static func steps(
        _ counts: InferenceStatistics.Snapshot
    ) -> [(name: String, duration: InferenceStatistics.Duration)] {
        [
            ("success", counts.success), ("fail", counts.fail), ("queue", counts.queue),
            ("compute_input", counts.computeInput), ("compute_infer", counts.computeInfer),
            ("compute_output", counts.computeOutput), ("cache_hit", .init()), ("cache_miss", .init()),
        ]
    }

    private static func steps(
        _ batch: InferenceStatistics.Batch
    ) -> [(name: String, duration: InferenceStatistics.Duration)] {
        [
            ("compute_input", batch.computeInput), ("compute_infer", batch.computeInfer),
            ("compute_output", batch.computeOutput),
        ]
    }

    /// The answer to `GET /v2/models[/<model>[/versions/<version>]]/stats`.
    package var json: JSONValue {
        let object = { (steps: [(name: String, duration: InferenceStatistics.Duration)]) in
            JSONObject(
                steps.map { step in
                    let value: JSONValue = [
                        "count": .integer(Int64(clamping: step.duration.count)),
                        "ns": .integer(Int64(clamping: step.duration.nanoseconds)),
                    ]
                    return (step.name, value)
                }
            )
        }
        let entries = models.map { name, version, counts -> JSONValue in
            let batches = counts.batches.sorted { $0.key < $1.key }.map { size, batch -> JSONValue in
                var entry = JSONObject([("batch_size", .integer(Int64(size)))])
                for (key, value) in object(Self.steps(batch)) { entry[key] = value }
                return .object(entry)
            }
            return [
                "name": .string(name), "version": .string(version),
                "last_inference": .integer(counts.lastMilliseconds),
                "inference_count": .integer(Int64(clamping: counts.inferences)),
                "execution_count": .integer(Int64(clamping: counts.executions)),
                "inference_stats": .object(object(Self.steps(counts))), "response_stats": [:],
                "batch_stats": .array(batches), "memory_usage": [],
            ]
        }
        return ["model_stats": .array(entries)]
    }

    /// `ModelStatisticsResponse`.
    func write(to writer: inout ProtobufWriter) {
        for (name, version, counts) in models {
            writer.message(1) { model in
                model.text(1, name)
                model.text(2, version)
                model.unsigned(3, UInt64(counts.lastMilliseconds))
                model.unsigned(4, counts.inferences)
                model.unsigned(5, counts.executions)
                model.message(6) { Self.write(Self.steps(counts), from: 1, to: &$0) }
                for (size, batch) in counts.batches.sorted(by: { $0.key < $1.key }) {
                    model.message(7) { entry in
                        entry.unsigned(1, UInt64(size))
                        Self.write(Self.steps(batch), from: 2, to: &entry)
                    }
                }
            }
        }
    }

    private static func write(
        _ steps: [(name: String, duration: InferenceStatistics.Duration)],
        from field: Int,
        to writer: inout ProtobufWriter
    ) {
        for (place, step) in steps.enumerated() {
            writer.message(field + place) { message in
                message.unsigned(1, step.duration.count)
                message.unsigned(2, step.duration.nanoseconds)
            }
        }
    }
}

extension InferenceStatistics.Snapshot {
    /// When the last request was answered, in milliseconds since 1970; 0 before the first.
    fileprivate var lastMilliseconds: Int64 { (lastInference?.nanoseconds ?? 0) / 1_000_000 }
}
