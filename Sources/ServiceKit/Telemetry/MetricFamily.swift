import Synchronization

/// The series of one metric name.
final class MetricFamily: Sendable {
    enum Kind: Equatable {
        case counter
        case gauge
        case histogram([Double])

        var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    let name: String
    let help: String
    let labels: [String]
    let kind: Kind
    private let all = Mutex<[[String]: MetricSeries]>([:])

    init(name: String, help: String, labels: [String], kind: Kind) {
        self.name = name
        self.help = help
        self.labels = labels
        self.kind = kind
        if labels.isEmpty { _ = series([]) }  // what can be counted is there from the start, at 0
    }

    func series(_ values: [String]) -> MetricSeries {
        precondition(values.count == labels.count, "\(name) has the labels \(labels), not \(values.count) values")
        return all.withLock { all in
            if let series = all[values] { return series }
            let key = all.count < MetricsRegistry.seriesLimit ? values : labels.map { _ in "other" }
            if let series = all[key] { return series }
            let series = MetricSeries(bounds: bounds)
            all[key] = series
            return series
        }
    }

    func removeAll(but kept: Set<[String]>) {
        all.withLock { all in all = all.filter { kept.contains($0.key) } }
    }

    func removeAll() {
        all.withLock { $0 = [:] }
    }

    func value(_ wanted: [String: String]) -> Double? {
        all.withLock { $0[labels.map { wanted[$0] ?? "" }] }?.value
    }

    private var bounds: [Double] {
        if case .histogram(let bounds) = kind { bounds } else { [] }
    }

    func write(to text: inout String) {
        let series = all.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
        guard !series.isEmpty else { return }
        text += "# HELP \(name) \(Self.escapedHelp(help))\n# TYPE \(name) \(kind.word)\n"
        for (values, series) in series {
            let pairs = zip(labels, values).map { "\($0)=\"\(Self.escapedLabel($1))\"" }
            guard case .histogram(let bounds) = kind else {
                text += "\(name)\(Self.braced(pairs)) \(Self.number(series.value))\n"
                continue
            }
            let (counts, sum) = series.distribution
            var total = 0
            for (bound, count) in zip(bounds + [.infinity], counts) {
                total += count
                text += "\(name)_bucket\(Self.braced(pairs + ["le=\"\(Self.number(bound))\""])) \(total)\n"
            }
            text += "\(name)_sum\(Self.braced(pairs)) \(Self.number(sum))\n"
            text += "\(name)_count\(Self.braced(pairs)) \(total)\n"
        }
    }

    private static func braced(_ pairs: [String]) -> String {
        pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    private static func escapedLabel(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        return text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n", "\r\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
    }

    private static func escapedHelp(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\n", "\r\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
    }
}

/// One number, or one distribution.
final class MetricSeries: Sendable {
    private struct State {
        var value = 0.0
        var counts: [Int]
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: bounds.isEmpty ? [] : [Int](repeating: 0, count: bounds.count + 1)))
    }

    var value: Double { state.withLock { $0.value } }

    /// The count of each bucket, the last being above all bounds, and the sum of the values.
    var distribution: ([Int], Double) { state.withLock { ($0.counts, $0.value) } }

    func add(_ amount: Double) { state.withLock { $0.value += amount } }
    func set(_ value: Double) { state.withLock { $0.value = value } }

    func observe(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.value += value
            state.counts[bucket] += 1
        }
    }
}
