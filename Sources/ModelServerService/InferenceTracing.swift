import JSON
package import Logging
import ServiceKit
import Synchronization

/// Writes one in so many requests of a model into the log, as Triton's trace settings ask for it.
///
/// Settings hold for all models, and for one where it has its own. Traces go to the log and nowhere else; the payloads
/// that Triton can trace are what events are for.
package final class InferenceTracing: Sendable {
    /// The settings of all models or of one.
    package struct Settings: Sendable, Equatable {
        /// Whether times are traced: `trace_level` is `TIMESTAMPS` and not `OFF`.
        package var isOn = false
        /// One request in so many.
        package var rate: UInt64 = 1000
        /// How many more are traced; nil for no end.
        package var count: UInt64?
    }

    private struct State {
        var all = Settings()
        var own: [String: Settings] = [:]
        /// Requests since the last that was traced, by model.
        var passed: [String: UInt64] = [:]
    }

    private let state = Mutex(State())
    /// Whether anything is traced at all, so that requests need not ask under the lock.
    private let isOn = Atomic<Bool>(false)
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    /// The settings of a model, or those of all models.
    package func settings(of model: String? = nil) -> Settings {
        state.withLock { state in model.flatMap { state.own[$0] } ?? state.all }
    }

    /// Changes settings.
    ///
    /// - Parameters:
    ///   - changes: By Triton's names; null or nothing brings back what all models have, or the beginning.
    ///   - model: nil for all models.
    /// - Throws: 400 for a setting that there is not, and for a value that it cannot have; nothing is changed then.
    package func change(_ changes: [(name: String, values: [String]?)], of model: String? = nil) throws {
        try state.withLock { state in
            let basis = model == nil ? Settings() : state.all
            var settings = model.flatMap { state.own[$0] } ?? state.all
            for (name, values) in changes { try Self.change(&settings, name, values, basis) }
            if let model {
                state.own[model] = settings == state.all ? nil : settings
            } else {
                state.all = settings
            }
            isOn.store(state.all.isOn || state.own.values.contains { $0.isOn }, ordering: .relaxed)
        }
    }

    private static func change(
        _ settings: inout Settings,
        _ name: String,
        _ values: [String]?,
        _ basis: Settings
    ) throws {
        let value = values.flatMap { $0.isEmpty ? nil : $0[0] }
        switch (name, value) {
        case ("trace_level", nil): settings.isOn = basis.isOn
        case ("trace_level", "OFF"?): settings.isOn = false
        case ("trace_level", "TIMESTAMPS"?) where values?.count == 1: settings.isOn = true
        case ("trace_rate", nil): settings.rate = basis.rate
        case ("trace_rate", let text?):
            guard let rate = UInt64(text), rate > 0 else { throw refused(name, text, "a number of at least 1") }
            settings.rate = rate
        case ("trace_count", nil), ("trace_count", "-1"?): settings.count = value == nil ? basis.count : nil
        case ("trace_count", let text?):
            guard let count = UInt64(text) else { throw refused(name, text, "a number, or -1 for no end") }
            settings.count = count
        // What there is only one choice of may be said as it is.
        case ("log_frequency", nil), ("log_frequency", "0"?), ("trace_file", nil), ("trace_file", ""?),
            ("trace_mode", nil), ("trace_mode", "triton"?):
            break
        case ("trace_level", let text?): throw refused(name, text, "OFF or TIMESTAMPS; events tell of payloads")
        case ("log_frequency", let text?), ("trace_file", let text?), ("trace_mode", let text?):
            throw refused(name, text, "what it is; traces go to the log")
        default:
            throw InferenceFailure.badInput(
                "there is no trace setting \(name.prefix(64))",
                remedy: "There are trace_level, trace_rate and trace_count"
            )
        }
    }

    private static func refused(_ name: String, _ value: String, _ choice: String) -> ServiceError {
        InferenceFailure.badInput("\(name) is \"\(value.prefix(64))\"", remedy: "Give \(choice)")
    }

    /// Writes a line for a request whose turn it is.
    func trace(_ model: ServedModel, requestID: String, status: Int, _ nanoseconds: Int64) {
        guard isOn.load(ordering: .relaxed), isDue(model.name) else { return }
        logger.notice(
            "inference traced",
            metadata: [
                "model.name": "\(model.name)", "model.version": "\(model.version)", "request.id": "\(requestID)",
                "http.status": "\(status)", "duration.seconds": "\(Double(nanoseconds) * 1e-9)",
            ]
        )
    }

    private func isDue(_ model: String) -> Bool {
        state.withLock { state in
            let settings = state.own[model] ?? state.all
            guard settings.isOn, settings.count != 0 else { return false }
            let passed = state.passed[model, default: 0] + 1
            state.passed[model] = passed >= settings.rate ? 0 : passed
            guard passed >= settings.rate else { return false }
            if let count = settings.count {
                if state.own[model] == nil { state.all.count = count - 1 } else { state.own[model]?.count = count - 1 }
            }
            return true
        }
    }
}

extension InferenceTracing.Settings {
    /// By Triton's names, each a list of texts.
    var named: [(name: String, values: [String])] {
        [
            ("trace_level", [isOn ? "TIMESTAMPS" : "OFF"]), ("trace_rate", [String(rate)]),
            ("trace_count", [count.map { String($0) } ?? "-1"]), ("log_frequency", ["0"]), ("trace_file", [""]),
            ("trace_mode", ["triton"]),
        ]
    }

    /// The answer to `GET /v2/trace/setting`: the levels are a list, all else is text.
    var json: JSONValue {
        .object(
            JSONObject(
                named.map { name, values in
                    (name, name == "trace_level" ? .array(values.map { .string($0) }) : .string(values[0]))
                }
            )
        )
    }
}
