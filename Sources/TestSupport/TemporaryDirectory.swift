#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of a test's own, gone with everything in it when nothing refers to it any more.
package final class TemporaryDirectory: Sendable {
    /// Its path, without a slash at the end.
    package let path: String

    /// Makes an empty folder in the system's place for such.
    package init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/vedette-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder in \(parent): \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path of a file or folder in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file into it and gives its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) -> String {
        let path = file(name)
        guard let stream = fopen(path, "wb") else { fatalError("cannot write \(path): \(errno)") }
        fwrite(bytes, 1, bytes.count, stream)
        fclose(stream)
        return path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)  // left behind at worst; the system clears the place
    }
}
