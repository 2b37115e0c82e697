import CloudEvents
import EventStore

extension PostgreSQLCopyRows {
    /// Rows of the table `exchanges`.
    init(_ drafts: [ExchangeDrafts.Draft]) {
        self.init(columns: 18, capacity: drafts.count * 300)
        for draft in drafts {
            let (outline, key) = (draft.outline, draft.outline.key)
            startRow()
            add(outline.sequence)
            for text in [key.requestID, key.namespace, key.model, key.component, key.endpoint] { add(text) }
            add(Int64(outline.attempt))
            add(outline.began?.nanoseconds ?? 0)  // every exchange has one
            add(outline.version)
            add(draft.status)
            add(draft.latency)
            for number in [draft.flags, draft.request, draft.response] { add(number) }
            add(outline.requestEventID)
            add(outline.responseEventID)
            add(draft.weight)
            add(draft.trace)
        }
    }
}
