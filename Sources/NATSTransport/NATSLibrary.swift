#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C client of NATS, `libnats` 3, opened when a process first needs it and never before: a process that speaks no
/// NATS needs no such library.
///
/// Only functions of the core client are used, on pointers that are opaque to us; what JetStream adds is messages in
/// JSON, which `JetStream` writes and reads. So no header is needed, and no layout of a struct can be got wrong.
struct NATSLibrary: Sendable {
    /// `natsStatus`: 0 is success.
    typealias Status = Int32
    typealias Handle = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias MessageHandler = @convention(c) (Handle?, Handle?, Handle?, UnsafeMutableRawPointer?) -> Void

    typealias Make = @convention(c) (UnsafeMutablePointer<Handle?>) -> Status
    typealias Free = @convention(c) (Handle?) -> Void
    typealias SetText = @convention(c) (Handle?, Text?) -> Status
    typealias SetInteger = @convention(c) (Handle?, Int32) -> Status
    typealias SetLong = @convention(c) (Handle?, Int64) -> Status
    typealias Connect = @convention(c) (UnsafeMutablePointer<Handle?>, Handle?) -> Status
    typealias ConnectionStatus = @convention(c) (Handle?) -> Int32
    typealias LongOf = @convention(c) (Handle?) -> Int64
    typealias IntegerOf = @convention(c) (Handle?) -> Int32
    typealias TextOf = @convention(c) (Handle?) -> Text?
    typealias Subscribe =
        @convention(c) (
            UnsafeMutablePointer<Handle?>, Handle?, Text?, MessageHandler?, UnsafeMutableRawPointer?
        ) -> Status
    typealias Publish = @convention(c) (Handle?, Handle?) -> Status
    typealias MakeMessage = @convention(c) (UnsafeMutablePointer<Handle?>, Text?, Text?, Text?, Int32) -> Status
    typealias SetHeader = @convention(c) (Handle?, Text?, Text?) -> Status
    typealias HeaderOf = @convention(c) (Handle?, Text?, UnsafeMutablePointer<Text?>) -> Status
    typealias HeaderNames =
        @convention(c) (
            Handle?, UnsafeMutablePointer<UnsafeMutablePointer<Text?>?>, UnsafeMutablePointer<Int32>
        ) -> Status
    typealias StatusText = @convention(c) (Status) -> Text?

    let makeOptions: Make
    let freeOptions: Free
    let setURL: SetText
    let setName: SetText
    let setToken: SetText
    let setSecure: @convention(c) (Handle?, Bool) -> Status
    let setExpectedHost: SetText
    let loadAuthorities: SetText
    let loadCertificate: @convention(c) (Handle?, Text?, Text?) -> Status
    let setLongestReconnect: SetInteger
    let setReconnectWait: SetLong
    let setTimeout: SetLong
    let connect: Connect
    let connectionStatus: ConnectionStatus
    let largestPayload: LongOf
    let closeConnection: Free
    let freeConnection: Free
    let subscribe: Subscribe
    let setPendingLimits: @convention(c) (Handle?, Int32, Int32) -> Status
    let freeSubscription: Free
    let publish: Publish
    let makeMessage: MakeMessage
    let freeMessage: Free
    let setHeader: SetHeader
    let header: HeaderOf
    let headerNames: HeaderNames
    let subject: TextOf
    let replySubject: TextOf
    let data: TextOf
    let dataLength: IntegerOf
    let statusText: StatusText

    /// The library of this process.
    static let shared: Result<NATSLibrary, NATSError> = {
        do throws(NATSError) { return .success(try NATSLibrary()) } catch { return .failure(error) }
    }()

    /// Debian's package names its library by version; `libnats.so` itself comes with the development package.
    private static let names =
        ["libnats.so"] + (0...20).reversed().map { "libnats.so.3.\($0)" } + ["libnats.dylib"]

    private init() throws(NATSError) {
        guard let library = Self.names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
            throw NATSError(
                .libraryMissing,
                "libnats is not on this machine",
                remedy: "Install it: `apt-get install libnats3.4` on Debian, `brew install cnats` on macOS"
            )
        }
        func symbol<Function>(_ name: String, as type: Function.Type) throws(NATSError) -> Function {
            guard let address = dlsym(library, name) else {
                throw NATSError(
                    .libraryMissing,
                    "this machine's libnats has no \(name)",
                    remedy: "Install libnats 3.0 or newer, built with headers"
                )
            }
            return unsafeBitCast(address, to: type)  // the signature is that of nats.h, version 3
        }
        makeOptions = try symbol("natsOptions_Create", as: Make.self)
        freeOptions = try symbol("natsOptions_Destroy", as: Free.self)
        setURL = try symbol("natsOptions_SetURL", as: SetText.self)
        setName = try symbol("natsOptions_SetName", as: SetText.self)
        setToken = try symbol("natsOptions_SetToken", as: SetText.self)
        setSecure = try symbol("natsOptions_SetSecure", as: (@convention(c) (Handle?, Bool) -> Status).self)
        setExpectedHost = try symbol("natsOptions_SetExpectedHostname", as: SetText.self)
        loadAuthorities = try symbol("natsOptions_LoadCATrustedCertificates", as: SetText.self)
        loadCertificate = try symbol(
            "natsOptions_LoadCertificatesChain",
            as: (@convention(c) (Handle?, Text?, Text?) -> Status).self
        )
        setLongestReconnect = try symbol("natsOptions_SetMaxReconnect", as: SetInteger.self)
        setReconnectWait = try symbol("natsOptions_SetReconnectWait", as: SetLong.self)
        setTimeout = try symbol("natsOptions_SetTimeout", as: SetLong.self)
        connect = try symbol("natsConnection_Connect", as: Connect.self)
        connectionStatus = try symbol("natsConnection_Status", as: ConnectionStatus.self)
        largestPayload = try symbol("natsConnection_GetMaxPayload", as: LongOf.self)
        closeConnection = try symbol("natsConnection_Close", as: Free.self)
        freeConnection = try symbol("natsConnection_Destroy", as: Free.self)
        subscribe = try symbol("natsConnection_Subscribe", as: Subscribe.self)
        setPendingLimits = try symbol(
            "natsSubscription_SetPendingLimits",
            as: (@convention(c) (Handle?, Int32, Int32) -> Status).self
        )
        freeSubscription = try symbol("natsSubscription_Destroy", as: Free.self)
        publish = try symbol("natsConnection_PublishMsg", as: Publish.self)
        makeMessage = try symbol("natsMsg_Create", as: MakeMessage.self)
        freeMessage = try symbol("natsMsg_Destroy", as: Free.self)
        setHeader = try symbol("natsMsgHeader_Set", as: SetHeader.self)
        header = try symbol("natsMsgHeader_Get", as: HeaderOf.self)
        headerNames = try symbol("natsMsgHeader_Keys", as: HeaderNames.self)
        subject = try symbol("natsMsg_GetSubject", as: TextOf.self)
        replySubject = try symbol("natsMsg_GetReply", as: TextOf.self)
        data = try symbol("natsMsg_GetData", as: TextOf.self)
        dataLength = try symbol("natsMsg_GetDataLength", as: IntegerOf.self)
        statusText = try symbol("natsStatus_GetText", as: StatusText.self)
    }

    /// Throws what a status means.
    func check(_ status: Status, _ what: String) throws(NATSError) {
        guard status != 0 else { return }
        let text = statusText(status).map { String(cString: $0) } ?? "status \(status)"
        throw NATSError(
            .connection,
            "\(what): \(text)",
            remedy: "See that the NATS server is up and lets us in, and by TLS where its address begins with tls://"
        )
    }
}
