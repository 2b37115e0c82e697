#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file mapped into memory for reading, for as long as something refers to it.
///
/// The pages come from the file when they are first read, so a large artefact costs nothing until it is used. Map only
/// files that nobody shortens meanwhile: reading beyond the new end ends the process.
///
/// `@unchecked Sendable`: the mapping is read-only and its address never changes.
@usableFromInline final class MappedFile: @unchecked Sendable {
    let path: String
    let base: UnsafeRawPointer
    let byteCount: Int

    /// - Throws: `.fileFailed` when the file cannot be opened, is not a regular file, or cannot be mapped.
    init(path: String) throws(TensorError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .file("inspect", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file("map", path, EINVAL) }
        self.path = path
        byteCount = Int(status.st_size)
        guard byteCount > 0 else {  // an empty file cannot be mapped, and needs no memory
            base = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
            return
        }
        guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw .file("map", path, errno)
        }
        base = UnsafeRawPointer(address)
    }

    /// The whole file.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

    deinit {
        if byteCount > 0 {
            munmap(UnsafeMutableRawPointer(mutating: base), byteCount)
        } else {
            base.deallocate()
        }
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
