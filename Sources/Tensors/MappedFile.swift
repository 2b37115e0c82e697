#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file mapped into memory for reading, for as long as something refers to it.
///
/// The pages come from the file when they are first read, so a large artefact costs nothing until it is used. Map only
/// files that nobody shortens meanwhile: reading beyond the new end ends the process. Of a file that others may write to,
/// map a copy of one's own: ``init(copying:to:)``.
///
/// `@unchecked Sendable`: the mapping is read-only and its address never changes.
@usableFromInline package final class MappedFile: @unchecked Sendable {
    let path: String
    let base: UnsafeRawPointer
    let byteCount: Int

    /// - Throws: `.fileFailed` when the file cannot be opened, is not a regular file, or cannot be mapped.
    package convenience init(path: String) throws(TensorError) {
        let descriptor = try Self.descriptor(of: path)
        defer { close(descriptor) }
        try self.init(descriptor: descriptor, path: path)
    }

    /// Maps a file that is open; the descriptor may be closed afterwards.
    ///
    /// - Parameter path: What messages call the file.
    /// - Throws: As ``init(path:)``.
    package init(descriptor: Int32, path: String) throws(TensorError) {
        self.path = path
        byteCount = try Self.size(descriptor, path)
        guard byteCount > 0 else {  // an empty file cannot be mapped, and needs no memory
            base = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
            return
        }
        guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw .file("map", path, errno)
        }
        base = UnsafeRawPointer(address)
    }

    /// Takes memory of its own for a copy of an open file.
    private init(inMemory descriptor: Int32, path: String, byteCount: Int) throws(TensorError) {
        let anonymous = MAP_PRIVATE | MAP_ANONYMOUS
        guard let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, anonymous, -1, 0), address != MAP_FAILED else {
            throw .file("copy", path, errno)
        }
        self.path = path
        self.byteCount = byteCount
        base = UnsafeRawPointer(address)
        let filled = Self.fill(UnsafeMutableRawBufferPointer(start: address, count: byteCount), from: descriptor)
        guard filled == byteCount else { throw Self.shortened(path) }
        mprotect(address, byteCount, PROT_READ)
    }

    /// The whole file.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    /// Lets the pages go that were read so far; they come again from the file when somebody reads them.
    package func releasePages() {
        if byteCount > 0 { madvise(UnsafeMutableRawPointer(mutating: base), byteCount, Int32(MADV_DONTNEED)) }
    }

    deinit {
        if byteCount > 0 {
            munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
        } else {
            base.deallocate()
        }
    }
}

extension MappedFile {
    /// Maps a copy of a file that nobody else can reach, so that nothing that happens to the file afterwards, shortened,
    /// overwritten or removed, disturbs who reads the copy.
    ///
    /// In a folder the copy is a file without a name: it goes with the mapping, also when the process is killed, and its
    /// pages can be dropped and read again. Where the folder cannot take it, it is in memory.
    ///
    /// - Throws: `.fileFailed` as ``init(path:)``, or when the file becomes shorter while it is copied.
    package static func copy(of path: String, to place: SnapshotPlace) throws(TensorError) -> MappedFile {
        let descriptor = try descriptor(of: path)
        defer { close(descriptor) }
        let byteCount = try size(descriptor, path)
        guard byteCount > 0 else { return try MappedFile(descriptor: descriptor, path: path) }
        if case .folder(let folder) = place, let target = unnamedFile(in: folder) {
            defer { close(target) }
            if copyBytes(byteCount, from: descriptor, to: target) {
                let copy = try MappedFile(descriptor: target, path: path)
                guard copy.byteCount == byteCount else { throw shortened(path) }
                return copy
            }
            lseek(descriptor, 0, SEEK_SET)
        }
        return try MappedFile(inMemory: descriptor, path: path, byteCount: byteCount)
    }

    /// Opens without waiting for the other end of what turns out to be a pipe.
    private static func descriptor(of path: String) throws(TensorError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        return descriptor
    }

    private static func size(_ descriptor: Int32, _ path: String) throws(TensorError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .file("inspect", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file("map", path, EINVAL) }
        return Int(status.st_size)
    }

    /// A new file that lost its name at once; `nil` when the folder takes none.
    private static func unnamedFile(in folder: String) -> Int32? {
        var template = Array("\(folder)/snapshot.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        unlink(template)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// Whether all bytes went over; a source that ends early leaves a shorter target.
    private static func copyBytes(_ count: Int, from source: Int32, to target: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { buffer in
            var left = count
            while left > 0 {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])
                let got = fill(part, from: source)
                if got == 0 { return true }
                var written = 0
                while written < got, let base = part.baseAddress {
                    let count = write(target, base + written, got - written)
                    if count < 0, errno == EINTR { continue }
                    if count <= 0 { return false }
                    written += count
                }
                left -= got
            }
            return true
        }
    }

    /// Reads until the buffer is full or the file ends.
    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> Int {
        var filled = 0
        while filled < buffer.count, let base = buffer.baseAddress {
            let got = read(descriptor, base + filled, buffer.count - filled)
            if got < 0, errno == EINTR { continue }
            if got <= 0 { break }
            filled += got
        }
        return filled
    }

    private static func shortened(_ path: String) -> TensorError {
        TensorError(
            .fileFailed,
            "\(path) became shorter while it was read",
            remedy: "Write files under another name and rename them when they are complete"
        )
    }
}

extension TensorError {
    /// What the operating system said about a file.
    static func file(_ verb: String, _ path: String, _ number: Int32) -> TensorError {
        TensorError(
            .fileFailed,
            "cannot \(verb) \(path): \(String(cString: strerror(number)))",
            remedy: "Check that the path is right and that this process may use it"
        )
    }
}
