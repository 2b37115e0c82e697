import FoundationEssentials
import Journal
package import Logging
import ServiceKit
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
    private let changes: ChangeLog
    private let logger: Logger
    private var seen = Findings()

    /// What was found at the last look.
    private struct Findings: Sendable {
        /// What each monitor's folder looks like from outside.
        var signatures: [String: String] = [:]
        /// The keys of their artefacts; nil for refused ones.
        var keys: [String: String?] = [:]
    }

    package init(
        directory: String,
        interval: Duration,
        installer: MonitorInstaller,
        host: MonitorHost,
        changes: ChangeLog,
        logger: Logger
    ) {
        self.directory = directory
        self.interval = interval
        self.installer = installer
        self.host = host
        self.changes = changes
        self.logger = logger
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {  // a stop is how this ends
            var seen = seen
            while true {
                try await Task.sleep(for: interval)
                let names: [String]
                do throws(JournalError) { names = try list() } catch {
                    // What runs goes on: a folder that cannot be listed now is not one that was emptied.
                    logger.warning(
                        "the folder of monitors cannot be read",
                        metadata: ["directory": "\(directory)", "error": "\(error)"]
                    )
                    continue
                }
                let found = await look(at: names, knowing: seen)
                guard found.signatures != seen.signatures else { continue }
                // A journal that is full takes no change now; the next look finds the same one again.
                guard (try? await changes.make(.roster(.folder, found.keys))) != nil else { continue }
                await host.forgetRefusals(of: .folder, besides: Set(found.keys.keys))
                await host.tidy()
                seen = found
            }
        }
    }

    /// Loads what is there, before the listener takes events.
    ///
    /// - Throws: ``SettingsError`` when the folder cannot be listed.
    package mutating func firstLook() async throws -> MonitorChange {
        let names: [String]
        do { names = try list() } catch {
            throw SettingsError(
                .file,
                key: DetectorSettings.directory.name,
                "\(DetectorSettings.directory.name) is \(directory), which cannot be listed: \(error.message)",
                remedy: "Give a folder that holds one folder for each monitor"
            )
        }
        seen = await look(at: names, knowing: Findings())
        return .roster(.folder, seen.keys)
    }

    private func list() throws(JournalError) -> [String] { try Folder.names(in: directory) }

    private func look(at names: [String], knowing seen: Findings) async -> Findings {
        var found = Findings(signatures: signatures(of: names))
        for (name, signature) in found.signatures.sorted(by: { $0.key < $1.key }) {
            if seen.signatures[name] == signature, let key = seen.keys[name] {
                found.keys.updateValue(key, forKey: name)
            } else {
                let key = await installer.prepare(
                    name,
                    folder: "\(directory)/\(name)",
                    within: directory,
                    origin: .folder
                )
                found.keys.updateValue(key, forKey: name)
            }
        }
        return found
    }

    /// What each monitor's folder looks like from outside.
    private func signatures(of names: [String]) -> [String: String] {
        let manager = FileManager.default
        var signatures: [String: String] = [:]
        for name in names where !name.hasPrefix(".") {
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
