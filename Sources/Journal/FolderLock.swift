import Glibc

/// A folder that one process has at a time, with all that is in it.
package final class FolderLock: Sendable {
    private let file: File

    /// - Throws: `.inUse` when another process has it; `.system`.
    package init(_ directory: String) throws(JournalError) {
        try Folder.create(directory)
        file = try File("\(directory)/lock", flags: O_RDWR | O_CREAT)
        guard file.lock() else {
            throw JournalError(
                .inUse,
                "another process has the folder \(directory)",
                remedy: "Stop that process, or give this one another state directory"
            )
        }
    }

    /// Lets others have it; so does the end of the process, also when it is killed.
    package func release() { file.unlock() }
}
