/// Which versions of which models are in memory, which are being loaded, and which one a request gets.
///
/// A value without clock or I/O. Whoever owns it tells it what the folder holds, what was asked for and what became of
/// loads, and carries out the actions that it leaves behind.
///
/// - A request that names no version gets the newest that is not known to be broken, canaries and shadows apart, or the
///   one that `serving.toml` names. While that one is being loaded it gets the one that such requests got before, so that
///   neither a new version nor a broken one costs a request.
/// - A version that changed in the folder is loaded anew; the old one answers until that is done, and afterwards too where
///   the new one is broken.
/// - With a limit of memory, the version that has not been asked for longest makes room. Whoever runs on it keeps it
///   until it is done.
package struct ModelShelf<Model: Sendable>: Sendable {
    /// How much and how many at once.
    package struct Limits: Sendable {
        /// What all models together may take in bytes; nil for as much as they are.
        package var memory: Int?
        /// How many are loaded at the same time.
        package var loads: Int
        /// Whether every version is loaded as soon as it is there; otherwise when it is asked for.
        package var isEager: Bool
        /// After how long a broken version that nothing can stand in for is tried again.
        package var retry: Duration

        package init(memory: Int? = nil, loads: Int = 2, isEager: Bool = true, retry: Duration = .seconds(10)) {
            self.memory = memory
            self.loads = loads
            self.isEager = isEager
            self.retry = retry
        }
    }

    /// What a request gets.
    package enum Answer: Sendable {
        /// This model.
        case ready(Model)
        /// It has to wait for this version and ask again.
        case loading(ModelKey)
        /// No version can be loaded; why the first choice cannot.
        case broken(ModelKey, reason: String)
        /// There is no such model or version, or it was unloaded.
        case unknown
    }

    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Load a version and tell of it by ``loaded(_:signature:_:now:)``.
        case load(ModelKey, signature: UInt64)
        /// Whoever waits for it asks again.
        case settled(ModelKey)
        /// It was let go to make room for so many bytes.
        case evicted(ModelKey, bytes: Int)
        /// Nothing serves it any more, because it was unloaded or is gone from the folder.
        case removed(ModelKey)
    }

    struct Slot: Sendable {
        var found: RepositoryListing.Version
        var loaded: Loaded?
        var loading = Loading.not
        var failure: Failure?

        /// Whether what is in memory is what the folder holds.
        var isCurrent: Bool { loaded?.signature == found.signature }
        /// Whether the folder holds something that could not be loaded.
        var isBroken: Bool { failure?.signature == found.signature }
    }

    struct Loaded: Sendable {
        var model: Model
        var signature: UInt64
        var bytes: Int
        var lastUse: UInt64
    }

    struct Failure: Sendable {
        var signature: UInt64
        var reason: String
        /// When it failed; nil where only other files can help.
        var at: ContinuousClock.Instant?
    }

    enum Loading: Sendable { case not, queued, running }

    struct Entry: Sendable {
        /// Oldest first.
        var slots: [Slot] = []
        var serving = ServingSettings()
        /// The places of the slots for requests that name no version, best first.
        private(set) var candidates: [Int] = []
        /// The version that requests got which named none.
        var present: String?
        var isUnloaded = false

        func index(of version: String) -> Int? { slots.firstIndex { $0.found.name == version } }

        /// Orders the candidates by what is there and what `serving.toml` says now.
        mutating func arrange() {
            let newestFirst = Array(slots.indices.reversed())
            let chosen = serving.version.flatMap { index(of: $0) }
            let plain = newestFirst.filter { index in
                let version = slots[index].found.name
                return index != chosen && version != serving.canary?.version && version != serving.shadow?.version
            }
            let all = (chosen.map { [$0] } ?? []) + plain
            candidates = all.isEmpty ? newestFirst : all
        }
    }

    let limits: Limits
    var entries: [String: Entry] = [:]
    /// Loads that wait their turn: those that a request waits for, and the others.
    var urgent: [ModelKey] = []
    var patient: [ModelKey] = []
    /// Loads under way and the memory that is set aside for them.
    var running: [ModelKey: Int] = [:]
    /// Those of them that nobody waits for any more.
    var overdue: Set<ModelKey> = []
    var heldBytes = 0
    private var uses: UInt64 = 0
    private var actions: [Action] = []

    package init(limits: Limits) {
        self.limits = limits
    }

    /// What has to be done since the last time this was asked, in order.
    package mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    mutating func act(_ action: Action) { actions.append(action) }

    /// A number larger than all before: the order of uses is all that matters of their time.
    mutating func nextUse() -> UInt64 {
        uses += 1
        return uses
    }

    // MARK: Asking

    /// The model for a request.
    ///
    /// - Parameter version: nil for a request that names none.
    package mutating func ask(_ name: String, version: String? = nil, now: ContinuousClock.Instant) -> Answer {
        guard let place = entries.index(forKey: name), !entries.values[place].isUnloaded else { return .unknown }
        if let version {
            guard let index = entries.values[place].index(of: version) else { return .unknown }
            return take(place, index, now) ?? broken(name, place, index)
        }
        let candidates = entries.values[place].candidates
        for index in candidates {
            // Also one whose files are broken by now: it answers as it was before they changed.
            if entries.values[place].slots[index].loaded != nil {
                entries.values[place].present = entries.values[place].slots[index].found.name
                return use(place, index)
            }
            guard !entries.values[place].slots[index].isBroken else { continue }
            want(ModelKey(name, entries.values[place].slots[index].found.name), isUrgent: true)
            if let present = entries.values[place].present.flatMap({ entries.values[place].index(of: $0) }),
                entries.values[place].slots[present].loaded != nil
            {
                return use(place, present)
            }
            return answer(place, index, name)
        }
        guard let first = candidates.first else { return .unknown }
        return take(place, first, now) ?? broken(name, place, first)
    }

    /// A version where it is in memory, for whoever can do without it otherwise; asks for it to be loaded.
    package mutating func spare(_ name: String, version: String) -> Model? {
        guard let place = entries.index(forKey: name), !entries.values[place].isUnloaded,
            let index = entries.values[place].index(of: version)
        else { return nil }
        guard entries.values[place].slots[index].loaded == nil else {
            if case .ready(let model) = use(place, index) { return model }
            return nil
        }
        if !entries.values[place].slots[index].isBroken { want(ModelKey(name, version), isUrgent: false) }
        return nil
    }

    /// The version at a place, loaded or to be loaded; nil where it is broken and it is too early to try again.
    private mutating func take(
        _ place: Dictionary<String, Entry>.Index,
        _ index: Int,
        _ now: ContinuousClock.Instant
    ) -> Answer? {
        let slot = entries.values[place].slots[index]
        if slot.loaded != nil { return use(place, index) }
        if slot.isBroken {
            guard let at = slot.failure?.at, at.duration(to: now) >= limits.retry else { return nil }
            entries.values[place].slots[index].failure = nil
        }
        let name = entries.keys[place]
        want(ModelKey(name, slot.found.name), isUrgent: true)
        return answer(place, index, name)
    }

    /// What a request gets that asked for a load just now, which may have been refused at once.
    private func answer(_ place: Dictionary<String, Entry>.Index, _ index: Int, _ name: String) -> Answer {
        let slot = entries.values[place].slots[index]
        return slot.isBroken ? broken(name, place, index) : .loading(ModelKey(name, slot.found.name))
    }

    private func broken(_ name: String, _ place: Dictionary<String, Entry>.Index, _ index: Int) -> Answer {
        let slot = entries.values[place].slots[index]
        return .broken(ModelKey(name, slot.found.name), reason: slot.failure?.reason ?? "")
    }

    private mutating func use(_ place: Dictionary<String, Entry>.Index, _ index: Int) -> Answer {
        let now = nextUse()
        entries.values[place].slots[index].loaded?.lastUse = now
        guard let model = entries.values[place].slots[index].loaded?.model else { return .unknown }
        return .ready(model)
    }
}
