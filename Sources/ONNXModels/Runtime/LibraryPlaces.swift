import FoundationEssentials

/// Where the runtime's shared library may be.
///
/// The first that is there: what the setting names and nothing else; the PyPI wheel `onnxruntime` of an activated
/// environment, of a Python on the path, of the user or of the system; the system's libraries. Nothing is looked for
/// in the working directory, and no Python is run.
package struct LibraryPlaces: Sendable {
    /// What may be opened, in order.
    package let candidates: [String]
    /// Where it was looked for, for messages.
    package let description: String

    private static let fileName = "libonnxruntime.so"

    package init(setting: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let setting {
            candidates = Self.files(of: setting)
            description = "onnx.library is \(setting), which is no \(Self.fileName) and no folder with one"
            return
        }
        let prefixes = Self.prefixes(environment)
        var found: [String] = []
        for prefix in prefixes where found.isEmpty { found = Self.wheel(in: prefix) }
        candidates = found + ["\(Self.fileName).1", Self.fileName]
        description = "no onnxruntime under \(prefixes.joined(separator: ", ")), no \(Self.fileName) of the system"
    }

    /// The file itself; of a folder the library in it, or in the wheel of the Python environment that it is.
    private static func files(of setting: String) -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: setting, isDirectory: &isFolder) else { return [] }
        guard isFolder else { return [setting] }
        let here = libraries(in: setting)
        return here.isEmpty ? wheel(in: setting) : here
    }

    /// The folders that a Python's `lib` may be in.
    private static func prefixes(_ environment: [String: String]) -> [String] {
        var prefixes: [String] = []
        func add(_ prefix: String) {
            if prefix.hasPrefix("/"), !prefixes.contains(prefix) { prefixes.append(prefix) }
        }
        for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] { environment[name].map(add) }
        for folder in (environment["PATH"] ?? "").split(separator: ":")
        where folder.hasSuffix("/bin") && FileManager.default.fileExists(atPath: "\(folder)/python3") {
            add(String(folder.dropLast("/bin".count)))
        }
        environment["HOME"].map { add("\($0)/.local") }
        for prefix in ["/usr/local", "/usr"] { add(prefix) }
        return prefixes
    }

    /// The library within `lib/python3.*/{site,dist}-packages/onnxruntime/capi` of a prefix, of the newest Python first.
    private static func wheel(in prefix: String) -> [String] {
        let pythons = entries(of: "\(prefix)/lib").filter { $0.hasPrefix("python3") }
        return pythons.sorted { $0.count == $1.count ? $0 > $1 : $0.count > $1.count }.flatMap { python in
            ["site-packages", "dist-packages"].flatMap { packages in
                libraries(in: "\(prefix)/lib/\(python)/\(packages)/onnxruntime/capi")
            }
        }
    }

    /// The runtime's files of a folder: `libonnxruntime.so` with or without a version.
    private static func libraries(in folder: String) -> [String] {
        entries(of: folder)
            .filter { $0 == fileName || $0.hasPrefix("\(fileName).") }
            .sorted { $0.count > $1.count }
            .map { "\(folder)/\($0)" }
    }

    private static func entries(of folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
