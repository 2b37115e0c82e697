import ModelServerService
import TestSupport
import Testing

/// A shelf whose models are texts, and a clock that stands where it is put.
private final class ShelfDriver {
    var shelf: ModelShelf<String>
    var now = ContinuousClock.now

    init(_ limits: ModelShelf<String>.Limits) {
        shelf = ModelShelf(limits: limits)
    }

    /// A model folder of versions by name, each with its signature; 100 bytes each.
    static func folder(
        _ versions: KeyValuePairs<String, UInt64>,
        bytes: Int = 100
    ) -> RepositoryListing.Model {
        RepositoryListing.Model(
            versions: versions.map { .init(name: $0.key, signature: $0.value, bytes: bytes) }
        )
    }

    /// The loads that the shelf has asked for since the last time.
    func loads() -> [ModelKey] {
        shelf.takeActions().compactMap { if case .load(let key, _) = $0 { key } else { nil } }
    }

    /// Ends a load well: the model is its name, version and signature.
    func end(_ name: String, _ version: String, _ signature: UInt64) {
        shelf.loaded(
            ModelKey(name, version),
            signature: signature,
            .success("\(name)/\(version)#\(signature)"),
            now: now
        )
    }

    func fail(_ name: String, _ version: String, _ signature: UInt64, _ reason: String) {
        let key = ModelKey(name, version)
        shelf.loaded(key, signature: signature, .failure(LoadFailure(reason: reason)), now: now)
    }

    func ask(_ name: String, _ version: String? = nil) -> String {
        switch shelf.ask(name, version: version, now: now) {
        case .ready(let model): model
        case .loading(let key): "loading \(key.name)/\(key.version)"
        case .broken(let key, let reason): "broken \(key.name)/\(key.version): \(reason)"
        case .unknown: "unknown"
        }
    }

    func actions() -> [ModelShelf<String>.Action] { shelf.takeActions() }
    func unload(_ name: String) -> Bool { shelf.unload(name) }
    func load(_ name: String) -> [ModelKey] { shelf.load(name) }
    func giveUp(_ name: String) -> Bool {
        shelf.giveUp(ModelKey(name, "1"), signature: 1, reason: "too long", now: now)
    }
    func route(_ id: String, version: String? = nil) -> ModelShelf<String>.Route {
        shelf.route("m", version: version, requestID: id, now: now)
    }

    func state(_ name: String, _ version: String) -> String {
        guard let entry = shelf.index.first(where: { $0.key == ModelKey(name, version) }) else { return "absent" }
        return entry.reason.isEmpty ? entry.state.rawValue : "\(entry.state.rawValue): \(entry.reason)"
    }
}

@Suite struct `Model shelf` {
    // MARK: Versions that come, change and go

    @Test func `gives plain requests the newest version, and those that name one theirs`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]))
        #expect(Set(driver.loads()) == [ModelKey("m", "1"), ModelKey("m", "2")])
        #expect(driver.ask("m") == "loading m/2")
        driver.end("m", "2", 2)
        driver.end("m", "1", 1)
        #expect(driver.ask("m") == "m/2#2")
        #expect(driver.ask("m", "1") == "m/1#1")
        #expect(driver.ask("m", "3") == "unknown")
        #expect(driver.ask("n") == "unknown")
    }

    @Test func `lets the version before answer until a new one is loaded`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        driver.end("m", "1", 1)
        #expect(driver.ask("m") == "m/1#1")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]))
        #expect(driver.ask("m") == "m/1#1")
        #expect(driver.state("m", "2") == "LOADING")
        driver.end("m", "2", 2)
        #expect(driver.ask("m") == "m/2#2")
    }

    @Test func `leaves the version before serving where a new one is broken, and says why`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        driver.end("m", "1", 1)
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]))
        driver.fail("m", "2", 2, "no weights")
        #expect(driver.ask("m") == "m/1#1")
        #expect(driver.ask("m", "2") == "broken m/2: no weights")
        #expect(driver.state("m", "2") == "UNAVAILABLE: no weights")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 3]))
        driver.end("m", "2", 3)
        #expect(driver.ask("m") == "m/2#3")
        #expect(driver.state("m", "2") == "READY")
    }

    @Test
    func `serves what was loaded of a version whose files changed, until the new ones are and where they are broken`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["0": 9, "1": 1]))
        driver.end("m", "0", 9)
        driver.end("m", "1", 1)
        _ = driver.loads()
        driver.shelf.observe("m", ShelfDriver.folder(["0": 9, "1": 2]))
        #expect(driver.loads() == [ModelKey("m", "1")])
        #expect(driver.ask("m") == "m/1#1")
        driver.fail("m", "1", 2, "cut short")
        #expect(driver.ask("m") == "m/1#1")
        #expect(driver.state("m", "1") == "READY: answers as it was before its files changed: cut short")
        #expect(driver.loads().isEmpty)
        driver.shelf.observe("m", ShelfDriver.folder(["0": 9, "1": 3]))
        driver.end("m", "1", 3)
        #expect(driver.ask("m") == "m/1#3")
    }

    @Test func `loads once more what changed while it was being loaded`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        #expect(driver.loads() == [ModelKey("m", "1")])
        driver.shelf.observe("m", ShelfDriver.folder(["1": 2]))
        #expect(driver.loads().isEmpty)
        driver.end("m", "1", 1)
        #expect(driver.loads() == [ModelKey("m", "1")])
        #expect(driver.ask("m") == "m/1#1")
        driver.end("m", "1", 2)
        #expect(driver.ask("m") == "m/1#2")
    }

    @Test func `goes back to the version that is left, and forgets a model that is gone`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]))
        driver.end("m", "1", 1)
        driver.end("m", "2", 2)
        #expect(driver.ask("m") == "m/2#2")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        #expect(driver.ask("m") == "m/1#1")
        _ = driver.actions()
        driver.shelf.observe("m", nil)
        #expect(driver.ask("m") == "unknown")
        #expect(driver.actions().contains(.removed(ModelKey("m", "1"))))
        #expect(driver.shelf.memory == (versions: 0, bytes: 0))
    }

    @Test func `throws away what a load gives for a version that went meanwhile`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        driver.shelf.observe("m", nil)
        driver.end("m", "1", 1)
        #expect(driver.ask("m") == "unknown")
        #expect(driver.shelf.memory == (versions: 0, bytes: 0))
    }

    @Test func `serves an unloaded model only after it is loaded again`() {
        let driver = ShelfDriver(.init())
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        driver.end("m", "1", 1)
        #expect(driver.unload("m"))
        #expect(!driver.unload("m"))
        #expect(driver.ask("m") == "unknown")
        _ = driver.loads()
        driver.shelf.observe("m", ShelfDriver.folder(["1": 2]))
        #expect(driver.loads().isEmpty)
        #expect(driver.state("m", "1") == "UNAVAILABLE: unloaded")
        #expect(driver.load("m") == [ModelKey("m", "1")])
        driver.end("m", "1", 2)
        #expect(driver.ask("m") == "m/1#2")
    }

    @Test func `tries a broken version again after a while, where nothing can stand in for it`() {
        let driver = ShelfDriver(.init(retry: .seconds(10)))
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        driver.fail("m", "1", 1, "disk away")
        _ = driver.loads()
        driver.now += .seconds(9)
        #expect(driver.ask("m") == "broken m/1: disk away")
        #expect(driver.loads().isEmpty)
        driver.now += .seconds(1)
        #expect(driver.ask("m") == "loading m/1")
        #expect(driver.loads() == [ModelKey("m", "1")])
    }

    // MARK: Loading on demand

    @Test func `loads lazily what is asked for, once, and so many at a time`() {
        let driver = ShelfDriver(.init(loads: 1, isEager: false))
        for name in ["a", "b", "c"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1])) }
        #expect(driver.loads().isEmpty)
        #expect(driver.ask("a") == "loading a/1")
        #expect(driver.ask("a") == "loading a/1")
        #expect(driver.ask("b") == "loading b/1")
        #expect(driver.loads() == [ModelKey("a", "1")])
        driver.end("a", "1", 1)
        #expect(driver.loads() == [ModelKey("b", "1")])
        #expect(driver.ask("a") == "a/1#1")
        #expect(driver.state("c", "1") == "READY: not in memory; the next request for it loads it")
    }

    @Test func `loads lazily a newer version of a model that is in use, and not of one that is not`() {
        let driver = ShelfDriver(.init(isEager: false))
        for name in ["used", "idle"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1])) }
        _ = driver.ask("used")
        driver.end("used", "1", 1)
        #expect(driver.ask("used") == "used/1#1")
        _ = driver.loads()
        for name in ["used", "idle"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1, "2": 2])) }
        #expect(driver.loads() == [ModelKey("used", "2")])
        #expect(driver.ask("used") == "used/1#1")
        driver.end("used", "2", 2)
        #expect(driver.ask("used") == "used/2#2")
    }

    @Test func `never answers plain requests by an older version that only somebody else asked for`() {
        let driver = ShelfDriver(.init(isEager: false))
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]))
        _ = driver.ask("m", "1")
        driver.end("m", "1", 1)
        #expect(driver.ask("m", "1") == "m/1#1")
        #expect(driver.ask("m") == "loading m/2")
    }

    @Test func `gives up a load that takes too long, gives its place to others, and takes what it gives in the end`() {
        let driver = ShelfDriver(.init(loads: 1, isEager: false))
        for name in ["slow", "b", "c"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1])) }
        for name in ["slow", "b", "c"] { _ = driver.ask(name) }
        #expect(driver.loads() == [ModelKey("slow", "1")])
        #expect(driver.giveUp("slow"))
        #expect(!driver.giveUp("slow"))
        #expect(driver.ask("slow") == "broken slow/1: too long")
        #expect(driver.loads() == [ModelKey("b", "1")])
        #expect(driver.giveUp("b"))
        #expect(driver.loads().isEmpty, "two hang already where one may be loaded")
        driver.end("slow", "1", 1)
        #expect(driver.ask("slow") == "slow/1#1")
        #expect(driver.loads() == [ModelKey("c", "1")])
    }

    // MARK: Memory

    @Test func `makes room by what was not asked for longest`() {
        let driver = ShelfDriver(.init(memory: 250, isEager: false))
        for name in ["a", "b", "c"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1])) }
        for name in ["a", "b"] {
            _ = driver.ask(name)
            driver.end(name, "1", 1)
        }
        #expect(driver.ask("a") == "a/1#1")
        _ = driver.actions()
        #expect(driver.ask("c") == "loading c/1")
        #expect(
            driver.actions() == [.evicted(ModelKey("b", "1"), bytes: 100), .load(ModelKey("c", "1"), signature: 1)]
        )
        driver.end("c", "1", 1)
        #expect(driver.shelf.memory == (versions: 2, bytes: 200))
        #expect(driver.ask("a") == "a/1#1")
        #expect(driver.ask("b") == "loading b/1")
    }

    @Test func `never takes more than the limit, whatever is asked for in whatever order`() {
        let driver = ShelfDriver(.init(memory: 1000, loads: 3, isEager: false))
        var random = SplitMix(seed: 7)
        for model in 0..<40 { driver.shelf.observe("\(model)", ShelfDriver.folder(["1": 1], bytes: 50 + 10 * model)) }
        var running: [ModelKey] = []
        for _ in 0..<5_000 {
            _ = driver.ask("\(Int.random(in: 0..<40, using: &random))")
            running += driver.loads()
            #expect(driver.shelf.memory.bytes <= 1000)
            #expect(running.count <= 3)
            if !running.isEmpty, Bool.random(using: &random) {
                let key = running.removeFirst()
                driver.end(key.name, key.version, 1)
                running += driver.loads()
            }
        }
        while let key = running.popLast() {
            driver.end(key.name, key.version, 1)
            running += driver.loads()
        }
        #expect(!driver.shelf.isLoading, "nothing is left behind in a queue")
    }

    @Test func `refuses at once what can never fit, and says what would help`() {
        let driver = ShelfDriver(.init(memory: 99, isEager: false))
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1]))
        let answer = driver.ask("m")
        #expect(answer.hasPrefix("broken m/1") && answer.contains("models.memory.bytes is 99"))
        #expect(driver.loads().isEmpty)
    }

    @Test func `loads eagerly as much as fits, and the rest when it is asked for`() {
        let driver = ShelfDriver(.init(memory: 250, loads: 5, isEager: true))
        for name in ["a", "b", "c"] { driver.shelf.observe(name, ShelfDriver.folder(["1": 1])) }
        #expect(driver.loads().count == 2)
        driver.end("a", "1", 1)
        driver.end("b", "1", 1)
        #expect(!driver.shelf.isLoading)
        #expect(driver.ask("c") == "loading c/1")
        #expect(driver.loads() == [ModelKey("c", "1")])
    }

    // MARK: serving.toml

    @Test func `keeps canaries and shadows from plain requests, and serves the version that is named`() throws {
        let driver = ShelfDriver(.init())
        let canary = try ServingSettings(parsing: "[canary]\nversion = \"3\"\nshare = 0.0\n", file: "serving.toml")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2, "3": 3]), by: canary)
        for version in 1...3 { driver.end("m", "\(version)", UInt64(version)) }
        #expect(driver.ask("m") == "m/2#2")
        #expect(driver.ask("m", "3") == "m/3#3")
        let pinned = try ServingSettings(parsing: "version = \"1\"", file: "serving.toml")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2, "3": 3]), by: pinned)
        #expect(driver.ask("m") == "m/1#1")
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2, "3": 3]), by: ServingSettings())
        #expect(driver.ask("m") == "m/3#3")
    }

    @Test func `draws the canary by the request's id, sticky, growing, and never at the cost of a request`() throws {
        let driver = ShelfDriver(.init())
        func settings(_ share: Double) throws -> ServingSettings {
            try ServingSettings(parsing: "[canary]\nversion = \"2\"\nshare = \(share)\n", file: "serving.toml")
        }
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]), by: try settings(0.2))
        driver.end("m", "1", 1)
        func drawn() -> Set<Int> {
            Set(
                (0..<2000).filter { id in
                    let route = driver.route("id-\(id)")
                    guard case .ready(let model) = route.answer else { return false }
                    #expect((model == "m/2#2") == (route.endpoint == .canary))
                    return model == "m/2#2"
                }
            )
        }
        #expect(drawn().isEmpty, "the canary is not in memory yet")
        driver.end("m", "2", 2)
        let few = drawn()
        #expect(few == drawn())
        // 2,000 draws of 0.2 have a standard deviation of 18; five of them.
        #expect((310...490).contains(few.count))
        driver.shelf.observe("m", ShelfDriver.folder(["1": 1, "2": 2]), by: try settings(0.5))
        #expect(few.isStrictSubset(of: drawn()))
        #expect(driver.route("id-0", version: "1").endpoint == .ordinary)
    }
}
