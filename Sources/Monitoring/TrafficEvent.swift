package import CloudEvents
import ImageDecoding
import JSON
package import OpenInference

/// An inference event on its way through the monitors: its exchange, and its payload once somebody asks for it.
///
/// Decoding is the dear part, so it is done at the first question and remembered, whatever came of it.
package struct TrafficEvent: Sendable {
    /// Which half of an exchange it is; nil for an outcome, which is whole.
    package let side: HalfJoin<ExchangeHalf>.Side?
    /// The namespace of its model.
    package let namespace: String
    /// The name of its model, "" where nothing says it.
    package let model: String
    /// The component that it passed.
    package let component: String
    /// Whether it says that the model failed.
    package let isFailure: Bool
    /// What verdicts say of it.
    package let origin: RowOrigin
    /// When its exchange began, as far as it knows.
    package let began: Timestamp
    /// What its other half has in common with it.
    package let joinKey: String

    private let event: CloudEvent
    private let decoder: PayloadDecoder
    private var decoded: Result<[NamedTensor], Exclusion>?

    /// - Parameter mappings: By model, where the tensors are in bodies that follow no dialect.
    /// - Returns: Nil for an event that is neither half of an exchange nor an outcome.
    package init?(
        _ event: CloudEvent,
        position: UInt64,
        arrival: Timestamp,
        mappings: PayloadMappings = .none
    ) {
        if EventType.isInferenceRequest(event.type) {
            side = .request
        } else if EventType.isInferenceResponse(event.type) {
            side = .response
        } else if event.type == EventType.outcome {
            side = nil
        } else {
            return nil
        }
        self.event = event
        var identity = ExchangeIdentity(of: event)
        let knowsJoin = event[extension: "requestid"] != nil || EventDialect(type: event.type) != .vedette
        decoder = mappings.decoder(for: identity.model)
        var row = 0
        if side == nil {
            decoded = Result { () throws(Exclusion) in try OutcomeColumns.tensors(of: event) }
            let data = (try? event.dataTree())?.object
            if let id = data?["requestid"]?.string { identity.requestID = ExchangeIdentity.usable(requestID: id) }
            row = max(0, data?["row"]?.int ?? 0)
        }
        if side == .response, identity.version == nil, event[extension: "contentencoding"] == nil, let data = event.data
        {
            // Only the answer knows which version gave it, where the path names none.
            let hints = ExchangeIdentity.BodyHints(scanning: data)
            identity.version = hints.modelVersion.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let side, identity.model.isEmpty || !knowsJoin {
            let payload = Self.decode(event, decoder, side: side)
            decoded = payload.map(\.tensors)
            if case .success(let payload) = payload { identity = ExchangeIdentity(of: event, body: payload.hints) }
        }
        namespace = identity.namespace
        model = identity.model
        component = identity.component
        isFailure = (event.extensions["statuscode"]?.integer).map { $0 >= 400 } ?? false
        // Only where nothing else joins the halves does the body's own id: clients send "1" again and again.
        let shared = knowsJoin ? identity.requestID : identity.bodyID.map { "body \($0)" } ?? identity.requestID
        let time = EventClock.time(of: event.time, arrivedAt: arrival)
        let latency = side == .response ? event[extension: "latencyms"].flatMap { Double($0) } ?? 0 : 0
        began = (0..<1e9).contains(latency) ? time - .nanoseconds(Int64(latency * 1e6)) : time
        joinKey = "\(identity.component)\n\(identity.endpoint)\n\(shared)"
        origin = RowOrigin(
            requestID: identity.requestID,
            eventID: event.id,
            time: time,
            arrival: arrival,
            position: position,
            endpoint: ExchangeIdentity.usable(requestID: identity.endpoint),
            version: identity.version.map(ExchangeIdentity.usable(requestID:)) ?? "",
            isForTests: event[extension: "samplereason"] != "rule",
            firstRow: row
        )
    }

    /// Whether it is an outcome, a label that met its prediction.
    package var isOutcome: Bool { side == nil }
    /// When the journal received it.
    package var arrival: Timestamp { origin.arrival }
    /// Its event time.
    package var time: Timestamp { origin.time }

    /// Why its payload could not be decoded; nil where it could, or nobody asked for it.
    package var decodingFailure: ExclusionReason? {
        if case .failure(let exclusion) = decoded { exclusion.reason } else { nil }
    }

    /// Returns the tensors of its payload.
    package mutating func tensors() throws(Exclusion) -> [NamedTensor] {
        if let decoded { return try decoded.get() }
        guard let side else { throw Exclusion(.wrongType) }  // an outcome has members and no tensors
        let result = Self.decode(event, decoder, side: side).map(\.tensors)
        decoded = result
        return try result.get()
    }
}

extension TrafficEvent {
    /// A payload as far as monitors need it.
    private struct DecodedPayload {
        let tensors: [NamedTensor]
        let hints: ExchangeIdentity.BodyHints
    }

    private static func decode(
        _ event: CloudEvent,
        _ decoder: PayloadDecoder,
        side: HalfJoin<ExchangeHalf>.Side
    ) -> Result<DecodedPayload, Exclusion> {
        // Data that the event only refers to were fetched before it was kept, or did not come.
        let lacksData = event.extensions["dataref"] != nil && (event.data ?? []).isEmpty
        guard event[extension: "truncated"] == nil, !lacksData, event.data != nil else {
            return .failure(Exclusion(.truncated, rows: event.statedRows))
        }
        do {
            let payload = try decoder.decode(event).decodingImages()
            guard payload.role == (side == .request ? .request : .response) else {
                return .failure(Exclusion(.undecodable, rows: payload.rows ?? 1))
            }
            let hints = ExchangeIdentity.BodyHints(
                id: payload.id,
                modelName: payload.modelName,
                modelVersion: payload.modelVersion
            )
            return .success(DecodedPayload(tensors: payload.tensors, hints: hints))
        } catch {
            return .failure(Exclusion(.undecodable, rows: event.statedRows))
        }
    }
}

extension CloudEvent {
    /// How many rows a payload that cannot be read says that it has, in its outline or in what is left of it; 1 where it
    /// says nothing.
    fileprivate var statedRows: Int {
        let outline = self[extension: "dataoutline"].map { Array($0.utf8) }
        guard let text = outline ?? data, let json = try? JSONValue(parsing: text) else { return 1 }
        let shape = (json["inputs"] ?? json["outputs"])?[0]?["shape"]
        let list = json["instances"] ?? json["predictions"] ?? json["data"]?["ndarray"] ?? json["dataframe_records"]
        let rows = shape?[0]?.int ?? list?.array?.count ?? 1
        return min(max(1, rows), Self.mostStatedRows)
    }

    /// What a broken payload claims is believed no further.
    private static var mostStatedRows: Int { 1 << 20 }
}
