import Journal
import ServiceKit
import TestSupport
import Testing

@Suite struct `Snapshot store` {
    let folder = TemporaryDirectory()

    private func snapshot(_ position: UInt64) -> Snapshot {
        Snapshot(
            position: JournalPosition(rawValue: position),
            parts: [[1, 2, 3], [], Array("state \(position)".utf8)]
        )
    }

    @Test func `gives back what was saved, newest first, and keeps two`() throws {
        let store = try SnapshotStore(directory: folder.path)
        #expect(try store.load().isEmpty)
        #expect(try store.save(snapshot(5)) == .start)
        #expect(try store.save(snapshot(10)).rawValue == 5)
        #expect(try store.save(snapshot(300)).rawValue == 10)
        let loaded = try store.load()
        #expect(loaded.map(\.position.rawValue) == [300, 10])
        #expect(loaded[0].parts == snapshot(300).parts)
    }

    @Test func `falls back to the one before when the newest is broken`() throws {
        let store = try SnapshotStore(directory: folder.path)
        _ = try store.save(snapshot(5))
        _ = try store.save(snapshot(10))
        let newest = try #require(try Folder.names(in: folder.path).last { $0.hasSuffix(".snapshot") })
        let bytes = try WholeFile.read(folder.file(newest), limit: 1 << 20)
        for broken in [Array(bytes.dropLast()), Array(bytes.prefix(20)), [], bytes.map { $0 ^ 1 }] {
            folder.write(broken, to: newest)
            #expect(try store.load().map(\.position.rawValue) == [5])
        }
    }
}
