import CloudEvents
import EventStore
import OpenInference

/// Looks for exchanges by what they say, the newest first.
///
/// Time, model, verdict and trace lead to the exchanges by an index; what is left is read, so many at most for one answer
/// that it comes within a second or so and no memory fills. The answer then says where to go on, also when it found nothing.
struct ContentSearch: Sendable {
    let store: any EventStore
    /// Where the tensors are in bodies that follow no dialect.
    let paths: PayloadMappings

    /// How many exchanges one answer looks at.
    static let lookLimit = 2000
    /// How many are in memory at a time.
    private static let pageSize = 50

    /// What was found, and how many exchanges were looked at for it.
    struct Finding: Sendable {
        var page: Page<Exchange>
        var looked: Int
    }

    func exchanges(_ query: ExchangeQuery, _ filter: ContentFilter) async throws -> Finding {
        guard !filter.isEmpty else {
            let page = try await store.exchanges(query)
            return Finding(page: page, looked: page.items.count)
        }
        var finding = Finding(page: Page(items: [], next: nil), looked: 0)
        var step = query
        step.limit = Self.pageSize
        while true {
            let page = try await store.exchanges(step)
            for exchange in page.items {
                finding.looked += 1
                guard filter.matches(exchange, paths) else { continue }
                finding.page.items.append(exchange)
                if finding.page.items.count == query.limit {
                    let isLast = page.next == nil && exchange.sequence == page.items.last?.sequence
                    finding.page.next = isLast ? nil : exchange.place
                    return finding
                }
            }
            finding.page.next = page.next
            guard let next = page.next, finding.looked < Self.lookLimit else { return finding }
            try Task.checkCancellation()
            step.cursor = next
        }
    }
}

extension Exchange {
    /// Its place in a list, newest first.
    var place: PageCursor { PageCursor(time: time.nanoseconds, sequence: sequence) }
}
