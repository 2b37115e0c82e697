/// The members of a JSON object in the order in which their keys first appeared.
///
/// Two objects are equal when they have the same members in any order, as RFC 8259 gives the order no meaning.
/// Keys are compared as Swift compares strings, so two spellings of one accented letter are one key.
/// Lookup is a scan up to 16 members and a hash table beyond.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    private static let scanned = 16

    private var entries: [(key: String, value: JSONValue)] = []
    private var places: [String: Int] = [:]  // kept only when there are more than `scanned` entries

    /// An object without members.
    public init() {}

    /// An object of these members; of a key given twice the last value counts, in the first place.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { self[key] = value }
    }

    /// An object of these members, in the order written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }

    /// The keys, in order.
    public var keys: [String] { entries.map(\.key) }

    /// How many members there are.
    public var count: Int { entries.count }

    /// Whether there are no members.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of a key; assigning nil removes the member, which costs O(*n*).
    public subscript(key: String) -> JSONValue? {
        get { place(of: key).map { entries[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?):
                entries[place].value = value
            case (let place?, nil):
                entries.remove(at: place)
                index()
            case (nil, let value?):
                entries.append((key, value))
                if entries.count == Self.scanned + 1 {
                    index()
                } else if entries.count > Self.scanned {
                    places[key] = entries.count - 1
                }
            case (nil, nil):
                break
            }
        }
    }

    private func place(of key: String) -> Int? {
        entries.count > Self.scanned ? places[key] : entries.firstIndex { $0.key == key }
    }

    private mutating func index() {
        places.removeAll(keepingCapacity: true)
        guard entries.count > Self.scanned else { return }
        for (place, entry) in entries.enumerated() { places[entry.key] = place }
    }
}

extension JSONObject: Sequence {
    /// The members in order.
    public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { entries.makeIterator() }
}

extension JSONObject: Hashable {
    /// Whether both have the same members, in any order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    /// Feeds the members in a way that does not depend on their order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for entry in entries {
            var member = Hasher()
            member.combine(entry.key)
            member.combine(entry.value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}
