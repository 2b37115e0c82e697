package import CloudEvents
import HTTPMessages
import JSON

/// Makes the events of an exchange, in the family that the policy names.
///
/// A value of one worker: it remembers what the events of calls to one path have in common, checked once.
package struct PayloadEvents: Sendable {
    let policy: CapturePolicy
    var templates = BoundedMemory<EventTemplate.Kind, EventTemplate>(limit: 256)

    package init(policy: CapturePolicy) {
        self.policy = policy
    }

    /// The events of `exchange`, request first; none when its family does not tell of such an exchange.
    ///
    /// - Parameters:
    ///   - decision: Why it was kept.
    ///   - keepsData: Whether the bodies go with the events; without, the events say `dataomitted`.
    ///   - generator: Where the events' ids come from.
    /// - Throws: When a name or value breaks a rule of CloudEvents that the settings could not foresee.
    package mutating func events(
        of exchange: CapturedExchange,
        decision: Sampling.Decision,
        keepsData: Bool = true,
        generator: inout some RandomNumberGenerator
    ) throws(CloudEventError) -> [CloudEvent] {
        switch policy.profile {
        case .vedette: try vedette(exchange, decision, keepsData: keepsData, generator: &generator)
        case .kserve: try kserve(exchange, keepsData: keepsData)
        case .seldon: try seldon(exchange, keepsData: keepsData, generator: &generator)
        }
    }

    /// The allow-listed headers as a JSON object of lists, as KServe gives them; nil when there are none.
    func metadata(_ fields: CapturedExchange.Fields) -> String? {
        guard !policy.headers.isEmpty else { return nil }
        var object = JSONObject()
        for (name, value) in fields.all where policy.headers.contains(name.lowercased()) {
            object[name] = .array((object[name]?.array ?? []) + [.string(value)])
        }
        return object.isEmpty ? nil : JSONValue.object(object).text
    }
}
