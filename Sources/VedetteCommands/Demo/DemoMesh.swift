/// The mesh of the demonstration: every executable, on ports of this machine.
package struct DemoMesh: Sendable {
    /// Where each service listens.
    private let ports: [String: Int]
    private let model: String

    /// - Parameters:
    ///   - model: The model's name.
    ///   - firstPort: The first of ten ports in a row; nil for each service's own.
    package init(model: String, firstPort: Int? = nil) {
        self.model = model
        let own = [
            ("model-server", 8080), ("payload-tap", 9080), ("tap-control", 9089), ("request-logger", 8090),
            ("drift-detector", 8091), ("outlier-detector", 8092), ("adversarial-detector", 8093), ("explainer", 8094),
            ("model-server-grpc", 8081),
        ]
        var ports: [String: Int] = [:]
        for (index, (name, port)) in own.enumerated() { ports[name] = firstPort.map { $0 + index } ?? port }
        self.ports = ports
    }

    /// The URL of a service.
    package func url(of service: String) -> String { "http://\(address(service))" }

    private func address(_ service: String) -> String { "127.0.0.1:\(ports[service] ?? 0)" }

    /// What `vedette up` starts, with paths relative to the demonstration's folder: consumers first, the tap last, so
    /// that nothing is sent before somebody listens.
    package var description: MeshDescription {
        func service(_ name: String, _ settings: [String: String]) -> MeshDescription.Service {
            var settings = settings
            settings["http.listen"] = address(name)
            settings["state.directory"] = "state/\(name)"
            return MeshDescription.Service(executable: name, settings: settings)
        }
        func detector(_ name: String) -> MeshDescription.Service {
            service(
                name,
                [
                    "monitors.directory": "monitors/\(name)", "models.file": "models.toml",
                    "sink.url": url(of: "request-logger"), "sink.mode": "batched",
                ]
            )
        }
        let detectors = ["drift-detector", "outlier-detector", "adversarial-detector"]
        return MeshDescription(
            services: [
                service("request-logger", ["explainer.url": url(of: "explainer")]),
                service("explainer", ["explainers.directory": "monitors/explainer", "models.file": "models.toml"]),
            ] + detectors.map(detector) + [
                service(
                    "model-server",
                    ["models.directory": "models", "grpc.listen": address("model-server-grpc")]
                ),
                service(
                    "payload-tap",
                    [
                        "control.listen": address("tap-control"), "upstream.url": url(of: "model-server"),
                        "model.name": model,
                        "sink.url": (["request-logger"] + detectors).map { url(of: $0) }.joined(separator: ","),
                    ]
                ),
            ]
        )
    }
}
