import Glibc
import Journal

/// Pages of the executable and its libraries that are in memory because the start needed them.
///
/// Linking, and Swift's first look through all conformances, touch pages of nearly everything, and the system maps their
/// neighbours too: more than half of what an idle service has resident, and never read again.
package enum StartPages {
    /// Lets go of the pages of files that nobody can have changed; those that are needed again come back from the page
    /// cache, a fault for sixteen of them.
    ///
    /// - Returns: How many bytes were mapped in what was let go.
    @discardableResult package static func letGo() -> Int {
        guard let bytes = try? WholeFile.read("/proc/self/smaps", limit: 1 << 20) else { return 0 }
        var released = 0
        for mapping in mappings(String(decoding: bytes, as: UTF8.self)) where mapping.isAsInFile {
            guard let start = UnsafeMutableRawPointer(bitPattern: mapping.range.lowerBound),
                madvise(start, mapping.range.count, MADV_DONTNEED) == 0
            else { continue }
            released += mapping.residentBytes
        }
        return released
    }

    /// A mapping of the process, as `/proc/self/smaps` describes it.
    package struct Mapping: Sendable, Equatable {
        package var range: Range<UInt>
        /// `r-xp`: readable, not writable, executable, private.
        package var permissions: String
        /// The file, or empty.
        package var path: String
        package var residentBytes = 0
        /// Of them those that are no longer as in the file.
        package var anonymousBytes = 0

        /// Whether every page can be read from the file again.
        ///
        /// Not of what is writable now, and not of what was, while relocations were written: such pages are anonymous.
        package var isAsInFile: Bool {
            path.hasPrefix("/") && permissions.hasPrefix("r-") && permissions.hasSuffix("p") && anonymousBytes == 0
        }
    }

    /// Reads the text of `/proc/self/smaps`.
    package static func mappings(_ text: String) -> [Mapping] {
        var mappings: [Mapping] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = fields.first else { continue }
            if !first.hasSuffix(":"), fields.count >= 5 {
                let ends = first.split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard ends.count == 2, ends[0] < ends[1] else { continue }
                let path = fields.count > 5 ? String(fields[5]) : ""
                mappings.append(Mapping(range: ends[0]..<ends[1], permissions: String(fields[1]), path: path))
            } else if fields.count > 1, let kilobytes = Int(fields[1]), !mappings.isEmpty {
                switch first {
                case "Rss:": mappings[mappings.count - 1].residentBytes = kilobytes * 1024
                case "Anonymous:": mappings[mappings.count - 1].anonymousBytes = kilobytes * 1024
                default: break
                }
            }
        }
        return mappings
    }
}
