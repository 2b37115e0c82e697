import ModelServerService
import Testing

@Suite struct `Settled listing` {
    private static func listing(_ versions: KeyValuePairs<String, UInt64>, settings: UInt64? = nil) -> RepositoryListing
    {
        guard !versions.isEmpty else { return RepositoryListing() }
        let versions = versions.map { RepositoryListing.Version(name: $0.key, signature: $0.value, bytes: 1) }
        return RepositoryListing(models: ["m": .init(versions: versions, settings: settings)])
    }

    @Test func `lets a change through when two looks found it alike`() {
        var settled = SettledListing(first: Self.listing(["1": 1]))
        #expect(settled.look(Self.listing(["1": 1, "2": 5])) == [])
        #expect(settled.isChanging)
        #expect(settled.look(Self.listing(["1": 1, "2": 6])) == [], "its files are still being written")
        #expect(settled.look(Self.listing(["1": 1, "2": 6])) == ["m"])
        #expect(settled.settled == Self.listing(["1": 1, "2": 6]))
        #expect(!settled.isChanging)
    }

    @Test func `does not let a version that is still being copied hold up another`() {
        var settled = SettledListing(first: Self.listing(["1": 1]))
        #expect(settled.look(Self.listing(["1": 2, "2": 5])) == [])
        #expect(settled.look(Self.listing(["1": 2, "2": 6])) == ["m"])
        #expect(settled.settled == Self.listing(["1": 2]))
    }

    @Test func `does not take a version for gone that is away for a moment`() {
        var settled = SettledListing(first: Self.listing(["1": 1]))
        #expect(settled.look(Self.listing([:])) == [])
        #expect(settled.look(Self.listing(["1": 1])) == [])
        #expect(settled.look(Self.listing([:])) == [])
        #expect(settled.look(Self.listing([:])) == ["m"])
        #expect(settled.settled == Self.listing([:]))
    }

    @Test func `tells of settings that changed`() {
        var settled = SettledListing(first: Self.listing(["1": 1], settings: 1))
        #expect(settled.look(Self.listing(["1": 1], settings: 2)) == [])
        #expect(settled.look(Self.listing(["1": 1], settings: 2)) == ["m"])
    }

    @Test func `orders versions by number, words before`() {
        let names = ["10", "9", "latest", "007", "a"].sorted(by: RepositoryListing.isOlder)
        #expect(names == ["a", "latest", "007", "9", "10"])
    }
}
