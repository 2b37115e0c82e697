import FoundationEssentials
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Looks at the watched folder every few seconds: monitors that came are loaded, changed ones replaced, others let go.
///
/// A folder counts as changed when the size or the modification time of one of its files is another. It polls, since
/// notifications do not cross the mounts of containers.
package struct MonitorFolderWatch: Service {
    private let directory: String
    private let interval: Duration
    private let installer: MonitorInstaller
    private let host: MonitorHost
    private var known: [String: String] = [:]

    package init(directory: String, interval: Duration, installer: MonitorInstaller, host: MonitorHost) {
        self.directory = directory
        self.interval = interval
        self.installer = installer
        self.host = host
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {  // a stop is how this ends
            var seen = known
            while true {
                try await Task.sleep(for: interval)
                seen = await scan(knowing: seen)
            }
        }
    }

    /// Loads what is there; done before the journal is read, so that no event misses its monitor.
    package mutating func firstScan() async { known = await scan(knowing: [:]) }

    private func scan(knowing seen: [String: String]) async -> [String: String] {
        let found = signatures()
        for (name, signature) in found.sorted(by: { $0.key < $1.key }) where seen[name] != signature {
            await installer.install(name, folder: "\(directory)/\(name)", origin: .folder)
        }
        for name in seen.keys.sorted() where found[name] == nil {
            try? await host.remove(name, origin: .folder)  // it may have been refused from the start
        }
        if found != seen { await installer.tidy() }
        return found
    }

    /// What each monitor's folder looks like from outside.
    private func signatures() -> [String: String] {
        let manager = FileManager.default
        var signatures: [String: String] = [:]
        for name in (try? manager.contentsOfDirectory(atPath: directory)) ?? [] where !name.hasPrefix(".") {
            let folder = "\(directory)/\(name)"
            guard !name.hasSuffix(".partial"), manager.fileExists(atPath: "\(folder)/config.toml") else { continue }
            let files = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
            signatures[name] = files.sorted().map { Self.signature(of: $0, in: folder) }.joined(separator: "\n")
        }
        return signatures
    }

    /// Name, size in bytes and modification time to the nanosecond; the name alone of a file that just went.
    ///
    /// Asked of the system itself: with all of Foundation in the process, attributes come in other types.
    private static func signature(of file: String, in folder: String) -> String {
        var status = stat()
        guard stat("\(folder)/\(file)", &status) == 0 else { return file }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return "\(file) \(status.st_size) \(time.tv_sec) \(time.tv_nsec)"
    }
}
