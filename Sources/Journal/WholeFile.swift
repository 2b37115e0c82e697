import Glibc

/// Small files, read and replaced as a whole.
package enum WholeFile {
    /// Reads a file.
    ///
    /// - Throws: `.system` when it cannot be read, `.tooLarge` when it has more than `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(JournalError) -> [UInt8] {
        let file = try File(path, flags: O_RDONLY)
        // One byte more than allowed tells too large; files under /proc have no size to ask for.
        let bytes = try file.read(limit + 1, at: 0)
        guard bytes.count <= limit else {
            throw JournalError(
                .tooLarge,
                "\(path) has more than \(limit) bytes",
                remedy: "Check that it is the file that you mean"
            )
        }
        return bytes
    }

    /// Replaces a file in one step: whoever reads it finds the old bytes or the new.
    ///
    /// - Parameter isDurable: Whether that is so after a loss of power too, which waits for the disk.
    package static func replace(
        _ path: String,
        with bytes: [UInt8],
        isDurable: Bool = true
    ) throws(JournalError) {
        let temporary = "\(path).new"
        let file = try File(temporary, flags: O_RDWR | O_CREAT | O_TRUNC)
        try file.write(bytes, at: 0)
        if isDurable { try file.synchronise() }
        guard rename(temporary, path) == 0 else { throw File.failure("rename", temporary) }
        if isDurable { try Folder.synchronise(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".") }
    }
}
