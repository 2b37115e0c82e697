/// The functions of ONNX Runtime's C interface that are used, with their types.
///
/// All objects of the interface are opaque pointers; whoever makes one releases it.
struct RuntimeAPI {
    /// The version of the interface that is asked for: old enough for every runtime since 2022.
    static let version: UInt32 = 12
    /// The oldest runtime that has it.
    static let oldestRuntime = (major: 1, minor: 12)

    typealias Status = OpaquePointer?
    typealias Names = UnsafePointer<UnsafePointer<CChar>?>
    typealias Logger =
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?
        ) -> Void

    private let table: UnsafePointer<UnsafeRawPointer>

    /// - Parameter table: The table of version ``version``, which the runtime keeps for as long as it is loaded.
    init(table: UnsafeRawPointer) {
        self.table = table.assumingMemoryBound(to: UnsafeRawPointer.self)
    }

    /// The function of a slot; `Function` is its C type as the runtime's header has it.
    func function<Function>(_ slot: APISlot, _ type: Function.Type = Function.self) -> Function {
        unsafeBitCast(table[slot.rawValue], to: type)
    }

    // MARK: Errors

    /// Throws what a status says, and releases it.
    func check(_ status: Status) throws(RuntimeFailure) {
        guard let status else { return }
        let message = function(
            .getErrorMessage,
            (@convention(c) (OpaquePointer) -> UnsafePointer<CChar>?).self
        )(status)
        let text = message.map { String(cString: $0) } ?? "the runtime gives no reason"
        release(status, .releaseStatus)
        throw RuntimeFailure(message: text)
    }

    /// Calls a function whose last parameter receives an object.
    func made(
        _ what: String,
        _ call: (UnsafeMutablePointer<OpaquePointer?>) -> Status
    ) throws(RuntimeFailure) -> OpaquePointer {
        var result: OpaquePointer?
        try check(call(&result))
        guard let result else { throw RuntimeFailure(message: "the runtime gives no \(what)") }
        return result
    }

    /// Releases an object by the function of its kind.
    func release(_ object: OpaquePointer, _ slot: APISlot) {
        function(slot, (@convention(c) (OpaquePointer) -> Void).self)(object)
    }

    // MARK: Environment and options

    /// The environment that every session of a process shares; it says what it has to say to `logger`.
    func environment(logger: Logger, level: Int32) throws(RuntimeFailure) -> OpaquePointer {
        typealias Create =
            @convention(c) (
                Logger, UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>
            ) -> Status
        return try made("environment") { result in
            function(.createEnvWithCustomLogger, Create.self)(logger, nil, level, "vedette", result)
        }
    }

    func sessionOptions() throws(RuntimeFailure) -> OpaquePointer {
        typealias Create = @convention(c) (UnsafeMutablePointer<OpaquePointer?>) -> Status
        return try made("options") { function(.createSessionOptions, Create.self)($0) }
    }

    func setThreads(_ count: Int, of options: OpaquePointer) throws(RuntimeFailure) {
        typealias Set = @convention(c) (OpaquePointer, Int32) -> Status
        try check(function(.setIntraOpNumThreads, Set.self)(options, Int32(clamping: count)))
        try check(function(.setInterOpNumThreads, Set.self)(options, 1))
    }

    func set(_ key: String, _ value: String, of options: OpaquePointer) throws(RuntimeFailure) {
        typealias Set = @convention(c) (OpaquePointer, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Status
        try check(function(.addSessionConfigEntry, Set.self)(options, key, value))
    }

    func cpuMemory() throws(RuntimeFailure) -> OpaquePointer {
        typealias Create = @convention(c) (Int32, Int32, UnsafeMutablePointer<OpaquePointer?>) -> Status
        // An arena allocator, and the default memory of a device: what the header calls 1 and 0.
        return try made("memory description") { function(.createCpuMemoryInfo, Create.self)(1, 0, $0) }
    }

    /// The allocator of the runtime itself, which is never released.
    func allocator() throws(RuntimeFailure) -> OpaquePointer {
        typealias Get = @convention(c) (UnsafeMutablePointer<OpaquePointer?>) -> Status
        return try made("allocator") { function(.getAllocatorWithDefaultOptions, Get.self)($0) }
    }

    // MARK: Sessions

    func session(
        _ environment: OpaquePointer,
        path: String,
        options: OpaquePointer
    ) throws(RuntimeFailure) -> OpaquePointer {
        typealias Create =
            @convention(c) (
                OpaquePointer, UnsafePointer<CChar>, OpaquePointer, UnsafeMutablePointer<OpaquePointer?>
            ) -> Status
        return try made("session") { function(.createSession, Create.self)(environment, path, options, $0) }
    }

    func count(_ slot: APISlot, of session: OpaquePointer) throws(RuntimeFailure) -> Int {
        typealias Count = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int>) -> Status
        var count = 0
        try check(function(slot, Count.self)(session, &count))
        return count
    }

    func name(_ slot: APISlot, _ index: Int, of session: OpaquePointer) throws(RuntimeFailure) -> String {
        typealias Name =
            @convention(c) (
                OpaquePointer, Int, OpaquePointer, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
            ) -> Status
        typealias Free = @convention(c) (OpaquePointer, UnsafeMutableRawPointer) -> Status
        let allocator = try allocator()
        var text: UnsafeMutablePointer<CChar>?
        try check(function(slot, Name.self)(session, index, allocator, &text))
        guard let text else { throw RuntimeFailure(message: "a tensor of the graph has no name") }
        let name = String(cString: text)
        try check(function(.allocatorFree, Free.self)(allocator, text))
        return name
    }

    func typeInfo(_ slot: APISlot, _ index: Int, of session: OpaquePointer) throws(RuntimeFailure) -> OpaquePointer {
        typealias Info = @convention(c) (OpaquePointer, Int, UnsafeMutablePointer<OpaquePointer?>) -> Status
        return try made("type") { function(slot, Info.self)(session, index, $0) }
    }

    /// What kind of value a type is, by `ONNXType`: 1 is a tensor.
    func valueKind(of typeInfo: OpaquePointer) throws(RuntimeFailure) -> Int32 {
        typealias Kind = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int32>) -> Status
        var kind: Int32 = 0
        try check(function(.getOnnxTypeFromTypeInfo, Kind.self)(typeInfo, &kind))
        return kind
    }

    /// The tensor's part of a type, which lives as long as the type.
    func tensorInfo(of typeInfo: OpaquePointer) throws(RuntimeFailure) -> OpaquePointer {
        typealias Cast = @convention(c) (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> Status
        return try made("tensor type") { function(.castTypeInfoToTensorInfo, Cast.self)(typeInfo, $0) }
    }

    func run(
        _ session: OpaquePointer,
        inputNames: Names,
        inputs: [OpaquePointer?],
        outputNames: Names,
        outputs: inout [OpaquePointer?]
    ) throws(RuntimeFailure) {
        typealias Run =
            @convention(c) (
                OpaquePointer, OpaquePointer?, Names, UnsafePointer<OpaquePointer?>, Int, Names, Int,
                UnsafeMutablePointer<OpaquePointer?>
            ) -> Status
        let status = function(.run, Run.self)(
            session,
            nil,
            inputNames,
            inputs,
            inputs.count,
            outputNames,
            outputs.count,
            &outputs
        )
        try check(status)
    }
}

/// What the runtime said.
struct RuntimeFailure: Error, Sendable {
    let message: String
}
