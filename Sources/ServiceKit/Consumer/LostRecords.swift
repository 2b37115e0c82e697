package import Journal
package import Logging

/// What a journal admits to have lost: acknowledged events that were gone when it was opened.
package struct LostRecords: Sendable {
    private let counter: Counter
    private let logger: Logger

    package init(_ registry: MetricsRegistry, logger: Logger) {
        counter = registry.counter(
            "vedette_journal_lost_records_total",
            "Acknowledged events that were gone when the inbox was opened, as its gap records admit."
        ).with()
        self.logger = logger
    }

    /// Counts and tells them.
    package func admit(_ gap: JournalGap) {
        counter.increment(by: Double(gap.records))
        logger.warning(
            "acknowledged events were lost",
            metadata: ["records.lost": "\(gap.records)", "bytes.lost": "\(gap.bytes)"]
        )
    }
}
