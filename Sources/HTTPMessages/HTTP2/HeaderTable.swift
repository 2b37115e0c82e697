/// The fields that a header block may name by their number: the fixed ones of the specification and the latest literals.
///
/// Source: RFC 7541, sections 2.3, 4 and Appendix A.
struct HeaderTable: Sendable {
    struct Entry: Sendable {
        var name: String
        var value: String
        var known: FieldName
        /// Bytes of the name as they came, which count for the table's size; the text has more where they are no UTF-8.
        var nameOctets: Int
        /// Bytes of the value, likewise.
        var valueOctets: Int

        /// What it takes of the table's size (RFC 7541, section 4.1).
        var size: Int { nameOctets + valueOctets + 32 }
    }

    /// The latest literals, oldest first, from `oldest` on.
    private var dynamic: [Entry] = []
    private var oldest = 0
    private var size = 0
    /// What the dynamic entries may amount to.
    private(set) var limit = 4096

    /// The entry of this number, 1 and up; nil where there is none.
    subscript(_ index: Int) -> Entry? {
        if index <= Self.fixed.count { return index > 0 ? Self.fixed[index - 1] : nil }
        let position = dynamic.count - (index - Self.fixed.count)
        return position >= oldest ? dynamic[position] : nil
    }

    /// Adds the newest entry; the oldest go as far as room is needed.
    ///
    /// One that is larger than the table empties it and is not kept (RFC 7541, section 4.4).
    mutating func insert(_ entry: Entry) {
        evict(to: limit - entry.size)
        guard entry.size <= limit else { return }
        dynamic.append(entry)
        size += entry.size
    }

    /// Changes what the entries may amount to.
    mutating func resize(to limit: Int) {
        self.limit = limit
        evict(to: limit)
    }

    private mutating func evict(to room: Int) {
        while size > max(0, room), oldest < dynamic.count {
            size -= dynamic[oldest].size
            dynamic[oldest] = Self.evicted
            oldest += 1
        }
        if oldest > 64, oldest * 2 > dynamic.count {
            dynamic.removeFirst(oldest)
            oldest = 0
        }
    }

    private static let evicted = Entry(name: "", value: "", known: .other, nameOctets: 0, valueOctets: 0)

    private static let fixed: [Entry] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ].map { name, value in
        Entry(
            name: name,
            value: value,
            known: FieldName(name),
            nameOctets: name.utf8.count,
            valueOctets: value.utf8.count
        )
    }
}
