#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whole files read and written, for the formats of this library.
enum ByteFile {
    /// The whole content of a regular file.
    ///
    /// - Throws: `.fileFailed` with the path and what the operating system said.
    static func read(_ path: String) throws(TensorError) -> [UInt8] {
        let file = try MappedFile(path: path)
        return Array(file.bytes)
    }

    /// Whether something of this name is there.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a file so that nobody ever sees half of it: to a neighbour first, which then takes the name.
    ///
    /// - Throws: `.fileFailed` with the path and what the operating system said.
    static func write(_ bytes: [UInt8], to path: String) throws(TensorError) {
        let unfinished = "\(path).\(getpid()).unfinished"
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file("write", path, errno) }
        var failure: Int32?
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count, failure == nil {
                let written = Self.write(descriptor, buffer[position...])
                if written < 0, errno != EINTR { failure = errno }
                position += max(written, 0)
            }
        }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if failure == nil, rename(unfinished, path) != 0 { failure = errno }
        if let failure {
            unlink(unfinished)
            throw .file("write", path, failure)
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let rest = UnsafeRawBufferPointer(rebasing: bytes)
        #if canImport(Glibc)
            return Glibc.write(descriptor, rest.baseAddress, rest.count)
        #else
            return Darwin.write(descriptor, rest.baseAddress, rest.count)
        #endif
    }
}
