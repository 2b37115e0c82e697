extension ModelShelf {
    // MARK: What the folder holds

    /// Takes in what the folder of a model holds now.
    ///
    /// - Parameters:
    ///   - model: nil when it is gone.
    ///   - settings: How the model is to be served from now on; nil for as before.
    package mutating func observe(
        _ name: String,
        _ model: RepositoryListing.Model?,
        by settings: ServingSettings? = nil
    ) {
        var entry = entries[name] ?? Entry()
        let before = entry.slots
        if let settings { entry.serving = settings }
        entry.slots = (model?.versions ?? []).map { found in
            guard var slot = before.first(where: { $0.found.name == found.name }) else { return Slot(found: found) }
            slot.found = found
            return slot
        }
        entry.arrange()
        if let present = entry.present, entry.index(of: present) == nil { entry.present = nil }
        entries[name] = entry.slots.isEmpty ? nil : entry
        for slot in before where entry.index(of: slot.found.name) == nil { forget(slot, of: name) }
        loadWhatIsDue(name)
    }

    /// What `serving.toml` of a model says.
    package func serving(_ name: String) -> ServingSettings? { entries[name]?.serving }

    /// Asks for what should be in memory without anybody asking for it: all versions where loading is eager, else new
    /// content of what is in memory, and a newer version of a model that is in use.
    private mutating func loadWhatIsDue(_ name: String) {
        guard let entry = entries[name], !entry.isUnloaded else { return }
        let presentIsLoaded =
            entry.present.flatMap { entry.index(of: $0) }.map { entry.slots[$0].loaded != nil } ?? false
        let best = entry.candidates.first { !entry.slots[$0].isBroken }
        for (index, slot) in entry.slots.enumerated() where !slot.isCurrent && !slot.isBroken {
            guard limits.isEager || slot.loaded != nil || (presentIsLoaded && index == best) else { continue }
            want(ModelKey(name, slot.found.name), isUrgent: false)
        }
    }

    private mutating func forget(_ slot: Slot, of name: String) {
        let key = ModelKey(name, slot.found.name)
        dequeue(key)
        heldBytes -= slot.loaded?.bytes ?? 0
        act(.removed(key))
        act(.settled(key))
    }

    // MARK: What people ask for

    /// Serves a model no longer, until ``load(_:)``; its files stay.
    ///
    /// - Returns: Whether there was such a model and it was served.
    package mutating func unload(_ name: String) -> Bool {
        guard var entry = entries[name], !entry.isUnloaded else { return false }
        let slots = entry.slots
        entry.isUnloaded = true
        entry.present = nil
        entry.slots = slots.map { Slot(found: $0.found) }
        entries[name] = entry
        for slot in slots { forget(slot, of: name) }
        startLoads()
        return true
    }

    /// Serves a model again, broken versions tried anew.
    ///
    /// - Returns: The versions that are being loaded for it.
    package mutating func load(_ name: String) -> [ModelKey] {
        guard var entry = entries[name] else { return [] }
        entry.isUnloaded = false
        for index in entry.slots.indices { entry.slots[index].failure = nil }
        entries[name] = entry
        let due = limits.isEager ? Array(entry.slots.indices) : Array(entry.candidates.prefix(1))
        let keys = due.filter { !entry.slots[$0].isCurrent }.map { ModelKey(name, entry.slots[$0].found.name) }
        for key in keys { want(key, isUrgent: true) }
        return keys
    }

    /// Why a version cannot be loaded as the folder holds it; nil when that is not known.
    package func fault(of key: ModelKey) -> String? {
        guard let entry = entries[key.name], let index = entry.index(of: key.version) else { return nil }
        return entry.slots[index].isBroken ? entry.slots[index].failure?.reason : nil
    }

    /// The version for requests that name none, and why it cannot be loaded; nil where it can.
    package func faultOfFirstChoice(_ name: String) -> (key: ModelKey, reason: String)? {
        guard let entry = entries[name], let first = entry.candidates.first else { return nil }
        let key = ModelKey(name, entry.slots[first].found.name)
        return fault(of: key).map { (key, $0) }
    }

    /// Whether a load is under way or waits its turn.
    package var isLoading: Bool { !running.isEmpty || !urgent.isEmpty || !patient.isEmpty }

    // MARK: Loads

    /// Asks for a version to be loaded.
    ///
    /// - Parameter isUrgent: Whether a request waits for it; such loads come first and may push others out of memory.
    mutating func want(_ key: ModelKey, isUrgent: Bool) {
        guard let index = entries[key.name]?.index(of: key.version),
            let slot = entries[key.name]?.slots[index]
        else { return }
        switch slot.loading {
        case .running: return
        case .queued:
            guard isUrgent, let place = patient.firstIndex(of: key) else { return }
            patient.remove(at: place)
            urgent.append(key)
        case .not:
            // A load of what was there before under this name may still be under way.
            entries[key.name]?.slots[index].loading = running[key] == nil ? .queued : .running
            guard running[key] == nil else { return }
            if isUrgent { urgent.append(key) } else { patient.append(key) }
        }
        startLoads()
    }

    /// What became of a load.
    ///
    /// - Parameters:
    ///   - signature: That of the action.
    ///   - outcome: The model, or why it cannot be loaded.
    package mutating func loaded(
        _ key: ModelKey,
        signature: UInt64,
        _ outcome: Result<Model, LoadFailure>,
        now: ContinuousClock.Instant
    ) {
        let reserved = running.removeValue(forKey: key)
        heldBytes -= reserved ?? 0
        overdue.remove(key)
        if let index = entries[key.name]?.index(of: key.version), entries[key.name]?.isUnloaded == false,
            let slot = entries[key.name]?.slots[index]
        {
            let bytes = reserved ?? slot.found.bytes
            entries[key.name]?.slots[index].loading = .not
            switch outcome {
            case .success(let model):
                // What comes after its time was given up has no room set aside.
                guard reserved != nil || makeRoom(for: bytes, byEvicting: true) else { break }
                heldBytes += bytes - (entries[key.name]?.slots[index].loaded?.bytes ?? 0)
                let loaded = Loaded(model: model, signature: signature, bytes: bytes, lastUse: nextUse())
                entries[key.name]?.slots[index].loaded = loaded
                entries[key.name]?.slots[index].failure = nil
            case .failure(let failure):
                let failure = Failure(signature: signature, reason: failure.reason, at: now)
                entries[key.name]?.slots[index].failure = failure
            }
            loadWhatIsDue(key.name)
        }
        act(.settled(key))
        startLoads()
    }

    /// Waits no longer for a load that takes too long; what it gives in the end is taken all the same.
    ///
    /// The place of such a load is given to another, but only as often as there are places: a disk that hangs cannot
    /// have more and more threads hang with it.
    ///
    /// - Returns: Whether it was still under way.
    package mutating func giveUp(
        _ key: ModelKey,
        signature: UInt64,
        reason: String,
        now: ContinuousClock.Instant
    ) -> Bool {
        guard running[key] != nil, !overdue.contains(key) else { return false }
        overdue.insert(key)
        if let index = entries[key.name]?.index(of: key.version) {
            entries[key.name]?.slots[index].failure = Failure(signature: signature, reason: reason, at: now)
        }
        act(.settled(key))
        startLoads()
        return true
    }

    private mutating func startLoads() {
        while running.count - overdue.count < limits.loads, running.count < 2 * limits.loads,
            let (key, isUrgent) = nextLoad()
        {
            guard let index = entries[key.name]?.index(of: key.version), let slot = entries[key.name]?.slots[index]
            else { continue }
            if let most = limits.memory, slot.found.bytes > most {
                let reason =
                    "its files take \(slot.found.bytes) bytes and models.memory.bytes is \(most); raise it, "
                    + "or serve a smaller model"
                entries[key.name]?.slots[index].loading = .not
                entries[key.name]?.slots[index].failure = Failure(
                    signature: slot.found.signature,
                    reason: reason,
                    at: nil
                )
                act(.settled(key))
                continue
            }
            guard makeRoom(for: slot.found.bytes, byEvicting: isUrgent || slot.loaded != nil) else {
                if isUrgent {
                    urgent.insert(key, at: 0)  // what is being loaded holds the room; its end comes back here
                    return
                }
                entries[key.name]?.slots[index].loading = .not  // stays out until somebody asks for it
                continue
            }
            entries[key.name]?.slots[index].loading = .running
            running[key] = slot.found.bytes
            heldBytes += slot.found.bytes
            act(.load(key, signature: slot.found.signature))
        }
    }

    private mutating func nextLoad() -> (key: ModelKey, isUrgent: Bool)? {
        if !urgent.isEmpty { return (urgent.removeFirst(), true) }
        if !patient.isEmpty { return (patient.removeFirst(), false) }
        return nil
    }

    private mutating func dequeue(_ key: ModelKey) {
        urgent.removeAll { $0 == key }
        patient.removeAll { $0 == key }
    }

    // MARK: Memory

    /// Sees to it that so many bytes more fit.
    private mutating func makeRoom(for bytes: Int, byEvicting mayEvict: Bool) -> Bool {
        guard let most = limits.memory else { return true }
        guard heldBytes + bytes > most else { return true }
        guard mayEvict, running.values.reduce(0, +) + bytes <= most else { return false }
        while heldBytes + bytes > most, let (name, index) = leastRecentlyUsed() {
            guard let slot = entries[name]?.slots[index] else { break }
            entries[name]?.slots[index].loaded = nil
            let bytes = slot.loaded?.bytes ?? 0
            heldBytes -= bytes
            act(.evicted(ModelKey(name, slot.found.name), bytes: bytes))
        }
        return heldBytes + bytes <= most
    }

    private func leastRecentlyUsed() -> (name: String, index: Int)? {
        var oldest: (name: String, index: Int, use: UInt64)?
        for (name, entry) in entries {
            for (index, slot) in entry.slots.enumerated() {
                guard let use = slot.loaded?.lastUse, use < oldest?.use ?? .max else { continue }
                oldest = (name, index, use)
            }
        }
        return oldest.map { ($0.name, $0.index) }
    }
}

/// Why a model cannot be loaded, in the words of an answer.
package struct LoadFailure: Error, Sendable, Equatable {
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
