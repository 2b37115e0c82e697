import Glibc

/// Reads a file that somebody else named.
enum ReferencedFile {
    /// Reads a regular file whose place, links followed, is below a folder; blocks.
    ///
    /// - Parameters:
    ///   - folder: Ends with a slash.
    ///   - limit: The most bytes.
    static func read(_ path: String, within folder: String, limit: Int) throws(ReferenceFailure) -> [UInt8] {
        guard let place = resolved(path) else { throw errno == ENOENT || errno == ENOTDIR ? .gone : .refused }
        guard let root = resolved(folder), place.hasPrefix(root == "/" ? root : root + "/") else { throw .notAllowed }
        // What became a link since then is not followed; what is no file does not hold us up.
        let descriptor = open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .gone : .refused }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .refused }
        guard status.st_size <= limit else { throw .tooLarge }
        let size = Int(status.st_size)
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialised in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), size - count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { break }
                count += got
            }
            initialised = count
        }
        guard count == size else { throw .refused }
        return bytes
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
