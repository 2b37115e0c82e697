/// Some items of a list, newest first unless the query says otherwise, and where the next ones begin.
package struct Page<Item> {
    package var items: [Item]
    /// What to ask for to go on, or nil at the end.
    package var next: PageCursor?

    package init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }

    /// Makes a page of at most `limit` items of `found`, which holds one more when there are more.
    ///
    /// - Parameter position: The place of an item in the order of the list.
    package init(_ found: [Item], limit: Int, position: (Item) -> PageCursor) {
        items = Array(found.prefix(limit))
        next = found.count > limit ? items.last.map(position) : nil
    }
}

extension Page: Sendable where Item: Sendable {}

/// A place in a list ordered by time and then by sequence; opaque to clients.
///
/// It names the last item seen, not a count, so items that arrive meanwhile neither repeat nor hide others.
package struct PageCursor: Sendable, Hashable, CustomStringConvertible {
    /// Nanoseconds since 1970.
    package var time: Int64
    /// The row in the store, which orders equal times.
    package var sequence: Int64

    package init(time: Int64, sequence: Int64) {
        self.time = time
        self.sequence = sequence
    }

    /// Before everything in a list of newest first.
    package static let newest = PageCursor(time: .max, sequence: .max)

    /// - Throws: `.badQuery` when the text is not one of our cursors.
    package init(_ text: String) throws(EventStoreError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0], radix: 36), let sequence = Int64(parts[1], radix: 36),
            time >= 0, sequence >= 0
        else {
            throw EventStoreError(
                .badQuery,
                "the cursor '\(text.prefix(80))' is not one of ours",
                remedy: "Pass on the value of 'next' of the page before, unchanged"
            )
        }
        self.init(time: time, sequence: sequence)
    }

    package var description: String { String(max(0, time), radix: 36) + "-" + String(max(0, sequence), radix: 36) }
}
