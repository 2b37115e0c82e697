#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file as seen from outside: what tells it from another of the same name.
///
/// Asked of the system itself: a process with all of Foundation in it gets attributes of other types.
package struct FileStatus: Sendable, Equatable {
    /// Its size; 0 for what is no regular file.
    package var bytes: Int
    /// When its content changed last, in nanoseconds since 1970.
    package var modified: Int64
    /// Which file of the disk it is: another one when it was replaced.
    package var number: UInt64

    /// Looks at a file, through links; nil when it is not there.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        bytes = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
        modified = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }
}
