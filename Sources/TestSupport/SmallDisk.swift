import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file system of a few megabytes in memory, to be filled; only where this process may mount one.
package final class SmallDisk: Sendable {
    private let folder = TemporaryDirectory()

    /// Its path.
    package var path: String { folder.path }

    /// Whether a test can have one.
    package static let isPossible = (try? SmallDisk(megabytes: 1)) != nil

    /// - Throws: ``NotMounted`` where the system refuses.
    package init(megabytes: Int) throws {
        #if canImport(Glibc)
            let result = Glibc.mount("vedette-test", folder.path, "tmpfs", 0, "size=\(megabytes)m,mode=755")
            guard result == 0 else { throw NotMounted(code: errno) }
        #else
            throw NotMounted(code: ENOTSUP)
        #endif
    }

    /// Takes all the room that is left, in a file `filler`.
    package func fill() {
        guard let stream = fopen("\(path)/filler", "wb") else { return }
        defer { fclose(stream) }
        setvbuf(stream, nil, _IONBF, 0)
        let block = [UInt8](repeating: 0, count: 4096)
        while fwrite(block, 1, block.count, stream) == block.count {}
    }

    /// Gives it back.
    package func clear() { unlink("\(path)/filler") }

    deinit {
        #if canImport(Glibc)
            _ = umount2(path, Int32(MNT_DETACH))
        #endif
    }

    /// The system does not let this process mount anything.
    package struct NotMounted: Error {
        package let code: Int32
    }
}
