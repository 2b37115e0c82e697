import Crypto
import Glibc
package import Journal
import Synchronization

/// Bodies that are too large for an event, as files: the event has a reference in place of its data (claim check).
///
/// A file is named by the SHA-256 of what is in it, so that equal bodies share one and whoever fetches it can tell that it
/// is the one. The oldest go when there is no room.
package final class PayloadStore: Sendable {
    /// Where the files are.
    package let directory: String
    private let capacity: Int
    private let state: Mutex<State>

    fileprivate struct State {
        /// The oldest first.
        var names: [String] = []
        var sizes: [String: Int] = [:]
        var bytes = 0
    }

    /// Opens or makes the folder.
    ///
    /// - Parameter capacity: The most bytes of all files.
    package init(directory: String, capacity: Int) throws(JournalError) {
        self.directory = directory
        self.capacity = capacity
        try Folder.create(directory)
        let found = try Self.found(in: directory)
        state = Mutex(State(found))
    }

    /// Where the files are, from the root.
    package var path: String {
        guard let resolved = realpath(directory, nil) else { return directory }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Bytes of all files.
    package var bytes: Int { state.withLock { $0.bytes } }

    /// Keeps some bytes.
    ///
    /// - Returns: Their name, 64 hex digits; nil where they alone are too many.
    package func keep(_ content: [UInt8]) throws(JournalError) -> String? {
        guard content.count <= capacity else { return nil }
        let name = SHA256.hash(data: content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let (isThere, surplus) = state.withLock { state in state.take(name, content.count, capacity) }
        for name in surplus { try Folder.remove("\(directory)/\(name)") }
        guard !isThere else { return name }
        do throws(JournalError) {
            try WholeFile.replace("\(directory)/\(name)", with: content, isDurable: false)
        } catch {
            state.withLock { $0.remove(name) }
            throw error
        }
        return name
    }

    /// The bytes of that name; nil where they are not, or no more, here.
    package func read(_ name: String) throws(JournalError) -> [UInt8]? {
        guard let size = state.withLock({ $0.sizes[name] }) else { return nil }
        return try WholeFile.read("\(directory)/\(name)", limit: size)
    }

    /// Names and sizes of the files of a folder, the oldest first; half a file of a process that was killed goes.
    private static func found(in directory: String) throws(JournalError) -> [(name: String, size: Int)] {
        var files: [(name: String, size: Int, time: Int64)] = []
        for name in try Folder.names(in: directory) {
            guard let (size, time) = Folder.file("\(directory)/\(name)") else { continue }
            if name.utf8.count == 64 {
                files.append((name, size, time))
            } else if name.hasSuffix(".new") {
                try Folder.remove("\(directory)/\(name)")
            }
        }
        return files.sorted { $0.time < $1.time }.map { ($0.name, $0.size) }
    }
}

extension PayloadStore.State {
    init(_ files: [(name: String, size: Int)]) {
        self.init()
        for (name, size) in files { add(name, size) }
    }

    /// Makes room for a file.
    ///
    /// - Returns: Whether it is there already, and which files go.
    fileprivate mutating func take(_ name: String, _ size: Int, _ capacity: Int) -> (isThere: Bool, surplus: [String]) {
        if sizes[name] != nil {
            // Asked for again, so it is young again.
            names.removeAll { $0 == name }
            names.append(name)
            return (true, [])
        }
        var surplus: [String] = []
        while bytes + size > capacity, let oldest = names.first {
            remove(oldest)
            surplus.append(oldest)
        }
        add(name, size)
        return (false, surplus)
    }

    private mutating func add(_ name: String, _ size: Int) {
        names.append(name)
        sizes[name] = size
        bytes += size
    }

    fileprivate mutating func remove(_ name: String) {
        names.removeAll { $0 == name }
        bytes -= sizes.removeValue(forKey: name) ?? 0
    }
}
