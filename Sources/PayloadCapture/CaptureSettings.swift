import OpenInference
package import ServiceKit

extension CapturePolicy.Profile: SettingValue {}

/// The settings of whoever captures traffic: the tap and the model server.
package enum CaptureSettings {
    package static let namespace = SettingKey("namespace", default: "default", "The namespace of the events.")
    package static let model = SettingKey(
        "model.name",
        default: String?.none,
        "The model's name in events and metrics; without it events take the one in /v2/models/<name> or /v1/models/<name>."
    )
    package static let version = SettingKey(
        "model.version",
        default: String?.none,
        "The model's version in events and metrics; without it events take the one in the path."
    )
    package static let component = SettingKey(
        "model.component",
        default: "predictor",
        "Which part of a deployment the events speak of."
    )
    package static let endpoint = SettingKey(
        "model.endpoint",
        default: "default",
        "Which endpoint of a deployment the events speak of, such as default or canary."
    )
    package static let source = SettingKey(
        "capture.source",
        default: String?.none,
        "The events' source, a URI reference; without it /vedette/<namespace>/<model>."
    )
    package static let profile = SettingKey(
        "capture.profile",
        default: CapturePolicy.Profile.vedette,
        "Which family of events is sent: our own, or KServe's or Seldon's for consumers made for those."
    )
    package static let bodyBytes = SettingKey(
        "capture.body.bytes",
        default: 4 << 20,
        "The most bytes captured of one body; a longer one passes whole and its event keeps shapes, datatypes and hash.",
        allowed: "at least 0",
        where: { $0 >= 0 }
    )
    package static let memory = SettingKey(
        "capture.memory.bytes",
        default: 16 << 20,
        "The memory of all captures that are not in the spool yet; beyond it bodies are left out, then exchanges.",
        allowed: "at least 65536",
        where: { $0 >= 65536 }
    )
    package static let sampleRate = SettingKey(
        "capture.sample.rate",
        default: 1.0,
        "The share of exchanges that is kept, by a hash of the request id; one part in a whole number counts exactly.",
        allowed: "0 to 1",
        where: { (0...1).contains($0) }
    )
    package static let sampleSalt = SettingKey(
        "capture.sample.salt",
        default: "",
        "Distinguishes meshes whose samples are to differ."
    )
    package static let sampleErrors = SettingKey(
        "capture.sample.errors",
        default: true,
        "Whether every exchange is kept that ended neither with 2xx nor with 3xx."
    )
    package static let sampleSlow = SettingKey(
        "capture.sample.slow",
        default: Duration?.none,
        "Exchanges that took at least as long are all kept; not set, there is no such rule."
    )
    package static let headers = SettingKey(
        "capture.headers",
        default: [String](),
        "The headers of requests and answers whose values go with the events, by name or as x-team-*; none by default."
    )
    package static let annotationsFile = SettingKey(
        "capture.annotations.file",
        default: String?.none,
        "A file with the annotations of the deployment, key=\"value\" a line, as Kubernetes' downward API writes it."
    )
    package static let annotations = SettingKey(
        "capture.annotations",
        default: [String](),
        "The annotations of that file that go with the events, by name or as team/*; none by default."
    )
    package static let redactionFile = SettingKey(
        "capture.redaction.file",
        default: String?.none,
        "A file with rules of what is dropped, masked or hashed in bodies and headers before anything is spooled or sent."
    )
    package static let methods = SettingKey(
        "capture.methods",
        default: ["POST"],
        "The methods that are captured; inference is a POST in every protocol."
    )
    package static let excludedPaths = SettingKey(
        "capture.exclude",
        default: CapturePolicy().excludedPaths,
        "Beginnings of paths that are not captured: probes and control."
    )

    /// Who may ask not to be logged; of whoever captures at a listener.
    package static let skipPeers = SettingKey(
        "capture.skip.peers",
        default: [String](),
        "IP addresses whose Seldon-Skip-Logging: true is honoured; so is that of a request with the mesh's token."
    )

    /// All of them.
    package static let keys: [any Setting] =
        [
            namespace, model, version, component, endpoint, source, profile, bodyBytes, memory, sampleRate, sampleSalt,
            sampleErrors, sampleSlow, headers, annotationsFile, annotations, redactionFile, methods, excludedPaths,
        ] + ClaimCheck.keys

    /// The policy that the settings describe.
    package static func policy(_ settings: Settings) throws -> CapturePolicy {
        var policy = CapturePolicy()
        policy.profile = try settings.value(profile)
        policy.namespace = try settings.value(namespace)
        policy.model = try settings.value(model)
        policy.version = try settings.value(version)
        policy.component = try settings.value(component)
        policy.endpoint = try settings.value(endpoint)
        policy.source = try settings.value(source)
        policy.headers = try settings.value(headers).map { NamePattern($0.lowercased()) }
        if let file = try settings.value(annotationsFile) {
            policy.annotations = try Annotations.text(
                file,
                names: try settings.value(annotations).map { NamePattern($0) },
                key: annotationsFile.name
            )
        }
        policy.redaction = try settings.value(redactionFile).map { file throws(SettingsError) in
            try RedactionFile.read(file, key: redactionFile.name)
        }
        policy.methods = Set(try settings.value(methods).map { $0.uppercased() })
        policy.excludedPaths = try settings.value(excludedPaths)
        policy.bodyBytes = try settings.value(bodyBytes)
        policy.sampling = Sampling(
            rate: try settings.value(sampleRate),
            salt: try settings.value(sampleSalt),
            keepsErrors: try settings.value(sampleErrors),
            slowAfter: try settings.value(sampleSlow).map { Int64($0 / .nanoseconds(1)) }
        )
        return policy
    }
}
