import Glibc

/// Files of lines that are only appended to.
package enum LineFile {
    /// Appends whole lines in one write.
    package static func append(_ bytes: [UInt8], to path: String) throws(JournalError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw File.failure("open", path) }
        defer { close(descriptor) }
        let isWhole = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                let count = write(descriptor, base + done, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard isWhole else { throw File.failure("write", path) }
    }

    /// The bytes of a file, 0 where there is none.
    package static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
