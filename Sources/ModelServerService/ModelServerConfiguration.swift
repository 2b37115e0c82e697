import ModelHosting
package import PayloadCapture
package import ServiceKit

/// The settings of the model server.
package struct ModelServerConfiguration: Sendable {
    package static let listen = HTTPSettings.listen(default: "127.0.0.1:8080")
    package static let grpc = SettingKey(
        "grpc.listen",
        default: ListenAddress?.some(ListenAddress(host: "127.0.0.1", port: 8081)),
        "The address of the listener for gRPC; port 0 takes a free one, empty means none. Limits and tokens are http's."
    )
    package static let models = SettingKey(
        "models.directory",
        default: "models",
        "The folder of models: <model>/<version>/ with model.toml, schema.toml and weights.safetensors."
    )
    package static let concurrency = SettingKey(
        "inference.concurrency",
        default: 256,
        "How many requests may be under way; one more is answered 503 with Retry-After.",
        allowed: "at least 1",
        where: { $0 >= 1 }
    )
    package static let threads = SettingKey(
        "inference.threads",
        default: 2,
        "Threads for requests that would hold up an event loop for more than a millisecond.",
        allowed: "1 to 64",
        where: { (1...64).contains($0) }
    )

    /// All that may be set besides what every process has.
    package static let keys: [any Setting] =
        HTTPSettings.keys(listen: "127.0.0.1:8080") + [grpc, models, concurrency, threads] + ModelHosting.settings
        + CaptureSettings.keys
        + SinkSettings.keys + [ConsumerSettings.durability, ConsumerSettings.commitInterval]

    package var grpcListen: ListenAddress?
    package var bodyLimit: Int
    package var modelsDirectory: String
    package var concurrency: Int
    package var threads: Int
    package var policy: CapturePolicy
    package var captureMemory: Int
    package var hasToken: Bool

    package init(_ settings: Settings) throws {
        grpcListen = try settings.value(Self.grpc)
        bodyLimit = try settings.value(HTTPSettings.bodyLimit)
        modelsDirectory = try settings.value(Self.models)
        concurrency = try settings.value(Self.concurrency)
        threads = try settings.value(Self.threads)
        policy = try CaptureSettings.policy(settings)
        captureMemory = try settings.value(CaptureSettings.memory)
        hasToken = try settings.value(HTTPSettings.tokenFile) != nil
    }
}
