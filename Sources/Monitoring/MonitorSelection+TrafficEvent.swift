package import Methods

extension MonitorSelection {
    /// Whether an event is of the traffic that this selection watches.
    ///
    /// A version that the event does not name is left to the other half to name, where halves are joined.
    package func watches(_ event: TrafficEvent) -> Bool {
        guard (self.event == .outcome) == event.isOutcome else { return false }
        guard namespace == event.namespace, model == event.model, component == event.component else { return false }
        if let endpoint, endpoint != event.origin.endpoint { return false }
        guard let version else { return true }
        return version == event.origin.version || (self.event == .exchange && event.origin.version.isEmpty)
    }
}
