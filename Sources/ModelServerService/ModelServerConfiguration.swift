import ModelHosting
package import PayloadCapture
package import ServiceKit

/// The settings of the model server.
package struct ModelServerConfiguration: Sendable {
    /// When models are loaded.
    package enum Loading: String, Sendable, CaseIterable, SettingValue { case eager, lazy }

    package static let listen = HTTPSettings.listen(default: "127.0.0.1:8080")
    package static let grpc = SettingKey(
        "grpc.listen",
        default: ListenAddress?.some(ListenAddress(host: "127.0.0.1", port: 8081)),
        "The address of the listener for gRPC; port 0 takes a free one, empty means none. Limits and tokens are http's."
    )
    package static let models = SettingKey(
        "models.directory",
        default: "models",
        "The folder of models: <model>/<version>/ with model.toml and what its kind needs."
    )
    package static let rescan = SettingKey(
        "models.rescan",
        default: Duration.seconds(5),
        "How often the folder is looked at for versions that came, changed or went.",
        allowed: "100ms to 1h",
        where: { $0 >= .milliseconds(100) && $0 <= .seconds(3600) }
    )
    package static let loading = SettingKey(
        "models.loading",
        default: Loading.eager,
        "When a version is loaded: as soon as it is there (eager), or when it is first asked for (lazy)."
    )
    package static let memory = SettingKey(
        "models.memory.bytes",
        default: Int?.none,
        "What the files of all versions in memory may take together; the one not asked for longest makes room. Not set, there is no limit.",
        allowed: "at least 1",
        where: { $0 ?? 1 >= 1 }
    )
    package static let loads = SettingKey(
        "models.load.concurrency",
        default: 2,
        "How many versions are loaded at the same time.",
        allowed: "1 to 64",
        where: { (1...64).contains($0) }
    )
    package static let loadTimeout = SettingKey(
        "models.load.timeout",
        default: Duration.seconds(30),
        "How long a request waits for its model to be loaded before it is answered 503 with Retry-After.",
        allowed: "1ms to 1h",
        where: { $0 >= .milliseconds(1) && $0 <= .seconds(3600) }
    )
    package static let concurrency = SettingKey(
        "inference.concurrency",
        default: 256,
        "How many requests may be under way; one more is answered 503 with Retry-After.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let modelConcurrency = SettingKey(
        "inference.model.concurrency",
        default: Int?.none,
        "How many requests of one model may be under way, where its serving.toml does not say; not set, as many as of all.",
        allowed: "at least 1",
        where: { $0 ?? 1 >= 1 }
    )
    package static let threads = SettingKey(
        "inference.threads",
        default: 2,
        "Threads for requests that would hold up an event loop for more than half a millisecond.",
        allowed: "1 to 64",
        where: { (1...64).contains($0) }
    )
    package static let batchRows = SettingKey(
        "inference.batch.rows",
        default: 64,
        "The most rows that requests of one model which wait for a thread are put together to; 1 for never.",
        allowed: "1 to 100000",
        where: { (1...100_000).contains($0) }
    )
    package static let batchLatency = SettingKey(
        "inference.batch.latency",
        default: Duration.milliseconds(10),
        "How long a batch may be expected to take, by what the model's requests have cost so far; 0s for no batches.",
        allowed: "0s to 1h",
        where: { $0 <= .seconds(3600) }
    )
    package static let shadowWaiting = SettingKey(
        "inference.shadow.waiting",
        default: 64,
        "How many copies for shadow versions may wait; one more is dropped and counted.",
        allowed: "1 to 10000",
        where: { (1...10_000).contains($0) }
    )

    package static let tapPeers = SettingKey(
        "capture.tap.peers",
        default: ["127.0.0.1", "::1"],
        "IP addresses of payload-taps, whose mark says that they tell of a call; so does that of a request with the mesh's token."
    )

    /// What is about models and inference alone.
    package static let own: [any Setting] = [
        grpc, models, rescan, loading, memory, loads, loadTimeout, concurrency, modelConcurrency, threads, batchRows,
        batchLatency, shadowWaiting, CaptureSettings.skipPeers, tapPeers,
    ]

    /// All that may be set besides what every process has.
    package static let keys: [any Setting] =
        HTTPSettings.keys(listen: "127.0.0.1:8080") + own + ModelHosting.settings + CaptureSettings.keys
        + SinkSettings.keys + [ConsumerSettings.durability, ConsumerSettings.commitInterval]

    package var grpcListen: ListenAddress?
    package var bodyLimit: Int
    package var modelsDirectory: String
    package var repository: RepositoryPolicy
    package var limits: ModelExecutor.Limits
    package var threads: Int
    package var batches: BatchPolicy
    package var shadowWaiting: Int
    package var policy: CapturePolicy
    package var captureMemory: Int
    package var trust: CaptureTrust

    package init(_ settings: Settings) throws {
        grpcListen = try settings.value(Self.grpc)
        bodyLimit = try settings.value(HTTPSettings.bodyLimit)
        modelsDirectory = try settings.value(Self.models)
        repository = RepositoryPolicy(
            limits: .init(
                memory: try settings.value(Self.memory),
                loads: try settings.value(Self.loads),
                isEager: try settings.value(Self.loading) == .eager
            ),
            loadTimeout: try settings.value(Self.loadTimeout),
            rescan: try settings.value(Self.rescan)
        )
        limits = ModelExecutor.Limits(
            all: try settings.value(Self.concurrency),
            perModel: try settings.value(Self.modelConcurrency) ?? .max
        )
        threads = try settings.value(Self.threads)
        batches = BatchPolicy(
            rows: try settings.value(Self.batchRows),
            latency: try settings.value(Self.batchLatency)
        )
        shadowWaiting = try settings.value(Self.shadowWaiting)
        policy = try CaptureSettings.policy(settings)
        captureMemory = try settings.value(CaptureSettings.memory)
        trust = CaptureTrust(
            tapPeers: Set(try settings.value(Self.tapPeers)),
            skipPeers: Set(try settings.value(CaptureSettings.skipPeers)),
            everybodyHasToken: try settings.value(HTTPSettings.tokenFile) != nil
        )
    }
}
