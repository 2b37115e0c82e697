import Glibc
package import Prediction
import Synchronization

/// ONNX Runtime, opened: its table of functions and the environment that all sessions of the process share.
///
/// Opened once a process and never closed: a library with threads of its own cannot be unloaded safely.
///
/// `@unchecked Sendable`: the pointers are written once, in `init`; the runtime's objects may be used by several threads.
package final class RuntimeLibrary: @unchecked Sendable {
    let api: RuntimeAPI
    let environment: OpaquePointer
    let memory: OpaquePointer
    /// The version that the library says it has: `1.32.0`.
    package let version: String
    /// The file that was opened.
    package let path: String

    /// Opens a library that exports `OrtGetApiBase`.
    ///
    /// - Throws: ``LoadFailure`` with what the system or the library says.
    init(path: String) throws(LoadFailure) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw LoadFailure(message: dlerror().map { String(cString: $0) } ?? "cannot be opened")
        }
        guard let symbol = dlsym(handle, "OrtGetApiBase") else {
            dlclose(handle)
            throw LoadFailure(message: "\(path) is no ONNX Runtime: it has no OrtGetApiBase")
        }
        typealias GetBase = @convention(c) () -> UnsafePointer<UnsafeRawPointer>?
        typealias GetAPI = @convention(c) (UInt32) -> UnsafeRawPointer?
        typealias GetVersion = @convention(c) () -> UnsafePointer<CChar>?
        guard let base = unsafeBitCast(symbol, to: GetBase.self)(),
            let versionText = unsafeBitCast(base[1], to: GetVersion.self)()
        else {
            dlclose(handle)
            throw LoadFailure(message: "\(path) does not say which version it is")
        }
        version = String(cString: versionText)
        // Asked for an interface that it does not have, a runtime prints a line of its own: its version comes first.
        guard Self.isNewEnough(version), let table = unsafeBitCast(base[0], to: GetAPI.self)(RuntimeAPI.version) else {
            let version = version
            dlclose(handle)
            let oldest = "\(RuntimeAPI.oldestRuntime.major).\(RuntimeAPI.oldestRuntime.minor)"
            throw LoadFailure(message: "\(path) is ONNX Runtime \(version), and \(oldest) is the oldest that will do")
        }
        api = RuntimeAPI(table: table)
        self.path = path
        do throws(RuntimeFailure) {
            // What it has to say of a failure comes with the failure; lines of its own would mix with our log.
            environment = try api.environment(logger: { _, _, _, _, _, _ in }, level: 4)
            memory = try api.cpuMemory()
        } catch {
            throw LoadFailure(message: "\(path): \(error.message)")
        }
    }

    /// Whether a version has the interface that is used.
    package static func isNewEnough(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (RuntimeAPI.oldestRuntime.major, RuntimeAPI.oldestRuntime.minor)
    }

    private static let opened = Mutex<[String: RuntimeLibrary]>([:])

    /// The library of a place, opened at the first call.
    ///
    /// - Parameter setting: What `onnx.library` says; nil looks for it.
    /// - Throws: `.runtimeMissing` that says where it was looked for and how to get it.
    package static func shared(_ setting: String?) throws(PredictionError) -> RuntimeLibrary {
        let key = setting ?? ""
        if let library = opened.withLock({ $0[key] }) { return library }
        let library = try open(LibraryPlaces(setting: setting))
        return opened.withLock { opened in
            if let first = opened[key] { return first }
            opened[key] = library
            return library
        }
    }

    private static func open(_ places: LibraryPlaces) throws(PredictionError) -> RuntimeLibrary {
        var failures: [String] = []
        for path in places.candidates {
            do throws(LoadFailure) {
                return try RuntimeLibrary(path: path)
            } catch {
                failures.append(error.message)
            }
        }
        throw PredictionError(
            .runtimeMissing,
            "ONNX Runtime is not there: \(failures.isEmpty ? places.description : failures.joined(separator: "; "))",
            remedy: "Install it with pip install onnxruntime, or set onnx.library to the path of libonnxruntime.so"
        )
    }
}

/// Why a file could not be used as the runtime.
struct LoadFailure: Error, Sendable {
    let message: String
}

extension PredictionError.Code {
    /// The library that runs a kind of model is not on this machine.
    package static let runtimeMissing = Self(name: "runtime_missing")
}
