/// What the index of the repository says of a version.
package struct IndexEntry: Sendable, Equatable {
    /// As the protocol's extension names them.
    package enum State: String, Sendable {
        /// Requests are answered, at once or after loading.
        case ready = "READY"
        /// It is being loaded.
        case loading = "LOADING"
        /// Requests are refused.
        case unavailable = "UNAVAILABLE"
    }

    package var key: ModelKey
    package var state: State
    /// Why it is so, where that needs a word.
    package var reason: String
}

extension ModelShelf {
    /// Every version of every model, sorted.
    package var index: [IndexEntry] {
        entries.sorted { $0.key < $1.key }.flatMap { name, entry in
            entry.slots.map { slot in
                let (state, reason) = Self.state(of: slot, isUnloaded: entry.isUnloaded)
                return IndexEntry(key: ModelKey(name, slot.found.name), state: state, reason: reason)
            }
        }
    }

    /// The versions of a model that requests may name, oldest first.
    package func versions(of name: String) -> [String] {
        guard let entry = entries[name], !entry.isUnloaded else { return [] }
        return entry.slots.filter { $0.loaded != nil || !$0.isBroken }.map(\.found.name)
    }

    /// The models that requests may name, sorted.
    package var names: [String] { entries.filter { !$0.value.isUnloaded }.keys.sorted() }

    /// The versions of a model that are in memory, oldest first; asking counts as no use.
    package func inMemory(_ name: String) -> [Model] { (entries[name]?.slots ?? []).compactMap { $0.loaded?.model } }

    /// Whether a request would be answered, after a load where need be.
    package func isServed(_ name: String, version: String? = nil) -> Bool {
        guard let entry = entries[name], !entry.isUnloaded else { return false }
        let places = version.map { entry.index(of: $0).map { [$0] } ?? [] } ?? entry.candidates
        return places.contains { place in
            let slot = entry.slots[place]
            return slot.loaded != nil || (!limits.isEager && !slot.isBroken)
        }
    }

    /// How many versions are in memory, and what they and the loads under way take.
    package var memory: (versions: Int, bytes: Int) {
        let versions = entries.values.reduce(0) { $0 + $1.slots.count { $0.loaded != nil } }
        return (versions, heldBytes)
    }

    private static func state(of slot: Slot, isUnloaded: Bool) -> (IndexEntry.State, String) {
        if isUnloaded { return (.unavailable, "unloaded") }
        let fault = slot.isBroken ? slot.failure?.reason ?? "" : ""
        switch (slot.loaded, slot.loading) {
        case (_?, _) where slot.isBroken: return (.ready, "answers as it was before its files changed: \(fault)")
        case (_?, .not): return (.ready, "")
        case (_?, _): return (.ready, "answers as it was until its new files are loaded")
        case (nil, .queued), (nil, .running): return (.loading, "")
        case (nil, .not) where slot.isBroken: return (.unavailable, fault)
        case (nil, .not): return (.ready, "not in memory; the next request for it loads it")
        }
    }
}
