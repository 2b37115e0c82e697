import CloudEvents
package import EventStore

/// Every model version with its counts.
package struct ModelsView: Sendable {
    struct Line: Sendable {
        let href: String
        let name: String
        let namespace: String
        let version: String
        let alerts: [Pill]
        let exchanges: String
        let estimated: String?
        let failures: String
        let flagged: [String]
        let labels: String
        let seenISO: String
        let seen: String
    }

    let title = "Models"
    let isModels = true
    let hasModels: Bool
    let models: [Line]

    /// - Parameter alerts: The alerts that are not closed.
    package init(_ summaries: [ModelSummary], alerts: [Alert]) {
        models = summaries.map { summary in
            let ours = alerts.filter {
                $0.key.namespace == summary.namespace && $0.key.model == summary.model
                    && ($0.version == nil || $0.version == summary.version)
            }
            let estimate = Int(exactly: summary.estimatedExchanges.rounded()) ?? summary.exchanges
            return Line(
                href: Links.model(
                    ModelCondition.Name(namespace: summary.namespace, model: summary.model),
                    range: .day
                ),
                name: summary.model.isEmpty ? "unknown" : summary.model,
                namespace: summary.namespace,
                version: summary.version.isEmpty ? "–" : summary.version,
                alerts: ours.map { Pill(text: $0.kind, tone: $0.severity.rawValue) },
                exchanges: summary.exchanges.grouped,
                estimated: estimate > summary.exchanges ? estimate.grouped : nil,
                failures: summary.failures.grouped,
                flagged: summary.flagged.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.grouped)" },
                labels: summary.labels.grouped,
                seenISO: summary.lastSeen.rfc3339,
                seen: summary.lastSeen.shown
            )
        }
        hasModels = !models.isEmpty
    }
}

extension Dashboard {
    package func page(_ view: ModelsView) -> String { render(view, with: "models") }
}
