import Glibc

/// An open file; closed when the last reader lets go of it, so a segment may be discarded while it is read.
final class File: Sendable {
    let path: String
    private let descriptor: CInt

    /// - Throws: `.system`, or `.noSpace`, with the path and what the system said.
    init(_ path: String, flags: CInt) throws(JournalError) {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Its size in bytes.
    func size() throws(JournalError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("stat", path) }
        return Int(status.st_size)
    }

    /// Reads up to `count` bytes from `offset`; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int) throws(JournalError) -> [UInt8] {
        var hasFailed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let got = pread(descriptor, base + done, count - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                hasFailed = got < 0
                guard got > 0 else { break }
                done += got
            }
        }
        if hasFailed { throw Self.failure("read", path) }
        return bytes
    }

    /// Writes all bytes at `offset`.
    func write(_ bytes: [UInt8], at offset: Int) throws(JournalError) {
        let isWhole = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                let count = pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard isWhole else { throw Self.failure("write", path) }
    }

    func truncate(to size: Int) throws(JournalError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure("truncate", path) }
    }

    func synchronise() throws(JournalError) {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("sync", path) }
    }

    /// Takes the file for this process alone; false when another has it.
    ///
    /// Ends with the process, also when it is killed.
    func lock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// The same, asked again for a while; blocks the thread.
    func lock(within time: Duration) -> Bool {
        let deadline = ContinuousClock.now + time
        while !lock() {
            guard ContinuousClock.now < deadline else { return false }
            usleep(5000)
        }
        return true
    }

    /// Lets others take the file.
    func unlock() {
        _ = flock(descriptor, LOCK_UN)
    }

    /// Maps the first bytes of the file, shared, so that what is stored there outlives a killed process.
    func map(bytes: Int) throws(JournalError) -> UnsafeMutableRawPointer {
        let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw Self.failure("map", path) }
        return address
    }

    static func failure(_ call: String, _ path: String) -> JournalError {
        let number = errno
        let reason = String(cString: strerror(number))
        return JournalError(
            number == ENOSPC || number == EDQUOT ? .noSpace : .system,
            "\(call) \(path): \(reason)",
            remedy: "Check that the state directory exists, is writable and has space"
        )
    }
}

/// Folders and the names in them.
package enum Folder {
    /// Makes a folder and those above it.
    package static func create(_ path: String) throws(JournalError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o750) == 0 || errno == EEXIST else { throw File.failure("create", made) }
        }
    }

    /// The names in a folder, sorted.
    package static func names(in path: String) throws(JournalError) -> [String] {
        guard let folder = opendir(path) else { throw File.failure("list", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                }
            )
        }
        return names.sorted()
    }

    /// Size of a file, and when it was last written, in nanoseconds since 1970; nil for what is no file.
    package static func file(_ path: String) -> (size: Int, writtenAt: Int64)? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Int(status.st_size), Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }

    /// Makes the names in a folder durable.
    static func synchronise(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw File.failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw File.failure("sync", path) }
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) throws(JournalError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw File.failure("remove", path) }
    }
}
