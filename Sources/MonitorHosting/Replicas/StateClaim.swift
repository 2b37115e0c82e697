import Journal
import Logging
import ServiceKit
import ServiceLifecycle

/// Who works on the state of which replica, in the folder that all of them share.
///
/// What decides is the lock of the state's folder, which the system gives to one process at a time and takes back when
/// it ends: two processes never write verdicts of one state. The files beside it only say who has it, for those who
/// forward events, and that its owner is back and wants it.
struct StateClaim: Sendable {
    private static let limit = 4096
    private static let interval = Duration.milliseconds(100)

    let ring: PeerRing
    /// The shared folder, with one folder for each executable and replica.
    let root: String

    init?(context: SidecarContext, ring: PeerRing?) throws {
        guard let shared = try context.settings.value(PeerSettings.sharedDirectory) else { return nil }
        guard let ring else {
            throw SettingsError(
                .conflict,
                key: PeerSettings.sharedDirectory.name,
                "\(PeerSettings.sharedDirectory.name) is set, and \(PeerSettings.peers.name) is not",
                remedy: "Name the replicas that share it, or use state.directory for a single process"
            )
        }
        self.ring = ring
        root = "\(shared)/\(context.name)"
        try Folder.create(shared)
        try Folder.create(root)
        try Folder.create(directory(of: ring.own))
    }

    /// The state directory of a replica.
    func directory(of place: Int) -> String { "\(root)/\(ring.folder(of: place))" }

    /// Whether a replica ever kept state here.
    func exists(_ place: Int) -> Bool { Folder.file(path("lock", of: place)) != nil }

    /// Takes a replica's state for this process alone.
    ///
    /// - Throws: `JournalError`, `.inUse` while another process has it.
    func lock(_ place: Int) throws -> FolderLock { try FolderLock(directory(of: place)) }

    /// Opens this process's own state, and asks whoever works on it to leave it.
    ///
    /// - Returns: The lock, which the process keeps to its end.
    func takeOwn(logger: Logger) async throws -> FolderLock {
        var isTold = false
        while true {
            do {
                let lock = try lock(ring.own)
                try? Folder.remove(path("wanted", of: ring.own))
                try? Folder.remove(path("holder", of: ring.own))
                return lock
            } catch let error as JournalError where error.code == .inUse {
                if !isTold {
                    logger.notice("waiting for the state, which another replica works on")
                    isTold = true
                }
                // Again and again: whoever takes the state over forgets what was wanted before.
                try WholeFile.replace(path("wanted", of: ring.own), with: [], isDurable: false)
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Whether the owner of a state waits for it.
    func isWanted(_ place: Int) -> Bool { Folder.file(path("wanted", of: place)) != nil }

    /// Says that this process works on a replica's state.
    func hold(_ place: Int) throws {
        try? Folder.remove(path("wanted", of: place))
        try WholeFile.replace(path("holder", of: place), with: Array(ring.peers[ring.own].utf8), isDurable: false)
    }

    /// Says that it does no longer.
    func leave(_ place: Int) { try? Folder.remove(path("holder", of: place)) }

    /// Who works on a replica's state, where it is not the replica.
    func holder(of place: Int) -> Int? {
        guard let bytes = try? WholeFile.read(path("holder", of: place), limit: Self.limit) else { return nil }
        return ring.peers.firstIndex(of: String(decoding: bytes, as: UTF8.self))
    }

    private func path(_ file: String, of place: Int) -> String { "\(directory(of: place))/\(file)" }
}

/// Keeps a state until everything that works on it has stopped.
struct StateLock: Service {
    let lock: FolderLock

    func run() async throws {
        try? await gracefulShutdown()
        lock.release()
    }
}
