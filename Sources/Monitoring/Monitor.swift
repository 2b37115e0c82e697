package import CloudEvents
package import Methods
package import Prediction
import Tensors

/// One fitted method that watches one model's traffic: a value that takes in records of the journal and gives verdicts.
///
/// It has no clock and asks nobody: the same records give the same verdicts, and a copy written with `write(to:)` and
/// read back goes on exactly where this one stands. Memory is bounded by the window size times the lanes, and by the
/// halves that wait.
package struct Monitor: Sendable {
    /// How many lanes a monitor remembers; the one that rested longest makes room.
    package static let laneLimit = 16
    /// How many halves of exchanges wait at most.
    package static let waitingLimit = 10_000

    /// The monitor's name: its folder's.
    package let name: String
    /// The question that it answers.
    package let kind: VerdictKind
    /// What was fitted.
    package let fitted: FittedMonitor
    /// Whose traffic it watches.
    package let selection: MonitorSelection
    package let reader: RowReader
    let verdicts: VerdictWriter
    let flaggedShare: FlaggedShare?
    let featureWidth: Int?
    let version: String
    /// The rule of its windows, with the order of rows that the process gives where the configuration leaves it open.
    let plan: WindowConfiguration

    var join: HalfJoin<ExchangeHalf>
    var lanes: [LaneKey: Lane] = [:]
    /// What an endpoint begins with.
    let budget: FalseAlarmBudget
    /// What each endpoint has left: an alert is of one endpoint, so the promise is too.
    var budgets: [String: FalseAlarmBudget] = [:]
    var exclusions = ExclusionLedger()
    var silence: SilenceWatch
    var foreignVersions: [String] = []
    /// What became of the events that it was offered.
    package internal(set) var counts = MonitorCounts()
    /// The lanes that made room since somebody asked.
    var evictions: [LaneKey] = []
    /// The newest numbers for the gauges.
    package internal(set) var reading = MonitorReading()

    /// Makes a monitor that has seen nothing yet.
    ///
    /// - Parameters:
    ///   - name: Its name in sources, routes and metrics.
    ///   - kind: The question that it answers.
    ///   - fitted: What was loaded from its folder.
    ///   - schema: The columns of its model, where they are described; without it tensors must be numbers.
    ///   - featureWidth: Features per row of the reference, where known; rows of another width are refused.
    ///   - version: The version of Vedette that judges, for verdicts.
    ///   - order: In which order rows enter windows where the configuration does not say.
    /// - Throws: `.invalidConfiguration` when the configuration watches no traffic, or names what there is not.
    package init(
        name: String,
        kind: VerdictKind,
        fitted: FittedMonitor,
        schema: ModelSchema?,
        featureWidth: Int?,
        version: String,
        order: WindowConfiguration.Order = .arrival
    ) throws(MonitoringError) {
        guard let selection = fitted.configuration.monitor else {
            throw MonitoringError(
                code: .invalidConfiguration,
                message: "the monitor \(name) has no [monitor] table",
                remedy: "Say in config.toml whose traffic it watches: [monitor] with at least model = \"...\""
            )
        }
        self.name = name
        self.kind = kind
        self.version = version
        self.fitted = fitted
        self.selection = selection
        self.featureWidth = featureWidth
        var plan = selection.window
        plan.order = plan.order ?? order
        self.plan = plan
        reader = try RowReader(selection: selection, fitted: fitted, schema: schema, outputWidth: featureWidth)
        verdicts = try VerdictWriter(
            monitor: name,
            fitted: fitted,
            selection: selection,
            kind: kind,
            featureNames: fitted.configuration.preprocess.keepsColumns ? reader.featureNames : [],
            version: version
        )
        join = HalfJoin(within: selection.joinWithin, capacity: Self.waitingLimit)
        silence = SilenceWatch(rule: fitted.configuration.alert.maxSilence)
        switch fitted.method {
        case .window(let test):
            flaggedShare = nil
            budget = FalseAlarmBudget(fitted.configuration.alert.budget, ceiling: test.significance)
        case .instance(let scorer):
            flaggedShare = FlaggedShare(
                rate: scorer.promisedRate,
                calibrationCount: fitted.manifest.split[.calibration]
            )
            budget = FalseAlarmBudget(fitted.configuration.alert.budget, ceiling: FlaggedShare.significance)
        case .sequential:
            flaggedShare = nil
            budget = FalseAlarmBudget(fitted.configuration.alert.budget, ceiling: 0)  // it keeps its own promise
        }
    }

    /// Halves of exchanges that left without the other.
    package var unpairedHalves: UInt64 { join.unpaired }
    /// Rows that came too late for their window.
    package var lateRows: UInt64 { lanes.values.reduce(0) { $0 + $1.window.lateRows } }

    /// Takes in an event of the model's traffic.
    ///
    /// - Parameter event: Any event; what the monitor does not watch is passed over at the cost of a few comparisons.
    /// - Returns: The verdicts that it gave rise to, in order.
    package mutating func observe(_ event: inout TrafficEvent) -> [CloudEvent] {
        guard selection.watches(event) else { return [] }
        var answers = advance(to: event.arrival)
        silence.sawTraffic(at: event.arrival)
        switch selection.event {
        case .exchange: answers += joinHalf(&event)
        case .request where event.side == .request, .response where event.side == .response:
            answers += judgeWhole(&event)
        case .outcome: answers += judgeWhole(&event)
        default: break
        }
        return answers
    }

    /// Moves on to a time of the journal: closes what is due by time.
    package mutating func advance(to arrival: Timestamp) -> [CloudEvent] {
        join.expire(at: arrival)
        var answers: [CloudEvent] = []
        for key in lanes.keys.sorted() {
            let looks = lanes[key]?.window.advance(to: arrival) ?? []
            answers += looks.map { judge($0, in: key) }
        }
        answers += exclusions.close(at: arrival).map { verdicts.quality($0) }
        if let gap = silence.check(at: arrival) { answers.append(verdicts.silence(gap)) }
        return answers
    }

    private mutating func judgeWhole(_ event: inout TrafficEvent) -> [CloudEvent] {
        guard !event.isFailure else {
            counts.failedResponses += 1
            return []
        }
        do throws(Exclusion) {
            return judge(try reader.rows(of: try event.tensors()), of: event.origin)
        } catch {
            return exclude(error, of: event.origin)
        }
    }

    private mutating func joinHalf(_ event: inout TrafficEvent) -> [CloudEvent] {
        guard let side = event.side else { return [] }
        guard !event.isFailure else {
            counts.failedResponses += 1
            join.withdraw(event.joinKey, other: side, began: event.began)
            return []
        }
        let readsThisHalf = (side == .request) == (fitted.rowSource == .inputs)
        var rows: Tensor<Float>?
        var exclusion: Exclusion?
        if readsThisHalf {
            do throws(Exclusion) { rows = try reader.rows(of: try event.tensors()) } catch { exclusion = error }
        }
        let half = ExchangeHalf(origin: event.origin, rows: rows, exclusion: exclusion)
        let pair = join.add(half, side: side, key: event.joinKey, began: event.began, arrivedAt: event.arrival)
        guard let pair else { return [] }
        let origin = RowOrigin(joining: pair, completedBy: event.origin)
        guard selection.version == nil || selection.version == origin.version else { return [] }
        if let exclusion = pair.request.exclusion ?? pair.response.exclusion { return exclude(exclusion, of: origin) }
        guard let rows = pair.request.rows ?? pair.response.rows else { return [] }
        return judge(rows, of: origin)
    }
}

extension PreprocessConfiguration {
    /// Whether feature by feature stands for column by column.
    fileprivate var keepsColumns: Bool { method == .none || method == .standardise || method == .modelOutput }
}

extension RowOrigin {
    /// The origin of rows that took both halves: caused by the response, whichever came first, so that the order in
    /// which they came shows nowhere; dated by the request, and of the version that either half names.
    init(joining pair: HalfJoin<ExchangeHalf>.Pair, completedBy last: RowOrigin) {
        self = pair.response.origin
        arrival = last.arrival
        position = last.position
        time = pair.request.origin.time
        version = pair.response.origin.version.isEmpty ? pair.request.origin.version : pair.response.origin.version
        endpoint = pair.response.origin.endpoint.isEmpty ? pair.request.origin.endpoint : pair.response.origin.endpoint
        isForTests = pair.request.origin.isForTests && pair.response.origin.isForTests
    }
}
