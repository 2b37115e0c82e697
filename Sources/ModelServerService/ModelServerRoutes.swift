package import Hummingbird
import JSON
package import ServiceKit

/// The routes beside inference: health, metadata, statistics, settings and the repository of the V2 protocol with
/// Triton's extensions, and what TF-Serving, KServe's version 1 and Seldon's version 1 have of them.
package struct ModelServerRoutes: Sendable {
    let repository: ModelRepository
    let administration: Administration

    package init(repository: ModelRepository, administration: Administration) {
        self.repository = repository
        self.administration = administration
    }

    package func add(to router: Router<ControlContext>) {
        addServer(to: router)
        addModels(to: router)
        addRepository(to: router)
        addSettings(to: router)
        addForerunners(to: router)
    }

    private func addServer(to router: Router<ControlContext>) {
        router.get("/v2") { _, _ in Response(json: ServerFacts.json) }
        router.get("/v2/health/live") { _, _ in Response(json: ["live": true]) }
        // Models are loaded before the listener opens, so whoever can ask finds them ready.
        router.get("/v2/health/ready") { _, _ in Response(json: ["ready": true]) }
    }

    private func addModels(to router: Router<ControlContext>) {
        router.get("/v2/models") { [repository] _, _ in
            Response(json: ["models": .array(repository.names.map { .string($0) })])
        }
        router.get("/v2/models/stats") { [administration] _, _ in
            Response(json: try administration.statistics(nil, version: nil).json)
        }
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            router.get(RouterPath(path)) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                return Response(json: try await administration.metadata(name, version: version).json)
            }
            router.get(RouterPath(path + "/ready")) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                guard administration.isReady(name, version: version) else {
                    let metadata = try await administration.metadata(name, version: version)  // says why not
                    return Response(json: ["name": .string(metadata.name), "ready": true])
                }
                return Response(json: ["name": .string(name), "ready": true])
            }
            router.get(RouterPath(path + "/config")) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                return Response(json: try await administration.configuration(name, version: version).json)
            }
            router.get(RouterPath(path + "/stats")) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                return Response(json: try administration.statistics(name, version: version).json)
            }
        }
    }

    private func addRepository(to router: Router<ControlContext>) {
        router.post("/v2/repository/index") { [administration] request, _ in
            let wish = try await Self.object(request)["ready"]?.bool
            let entries = administration.index(readyOnly: wish ?? false)
            return Response(
                json: .array(
                    entries.map { entry in
                        [
                            "name": .string(entry.name), "version": .string(entry.version),
                            "state": .string(entry.state), "reason": .string(entry.reason),
                        ]
                    }
                )
            )
        }
        router.post("/v2/repository/models/{model}/load") { [administration] request, context in
            let body = try await request.collectedBody(upTo: administration.messageLimit)
            try await administration.load(try Self.asked(context).name, parameters: try LoadParameters(body))
            return Response(json: [:])
        }
        router.post("/v2/repository/models/{model}/unload") { [administration] _, context in
            try await administration.unload(try Self.asked(context).name)
            return Response(json: [:])
        }
    }

    private func addSettings(to router: Router<ControlContext>) {
        for path in ["/v2/trace/setting", "/v2/models/{model}/trace/setting"] {
            router.get(RouterPath(path)) { [administration] _, context in
                Response(json: try administration.trace(Self.tracedModel(context), changes: []).json)
            }
            router.post(RouterPath(path)) { [administration] request, context in
                let changes = try await Self.object(request).map { name, value in (name, Self.texts(value)) }
                return Response(json: try administration.trace(Self.tracedModel(context), changes: changes).json)
            }
        }
        router.get("/v2/logging") { [administration] _, _ in
            Response(json: .object(try administration.log(changes: [])))
        }
        router.post("/v2/logging") { [administration] request, _ in
            let changes = try await Self.object(request).map { name, value in (name, value) }
            return Response(json: .object(try administration.log(changes: changes)))
        }
        for kind in ["systemsharedmemory", "cudasharedmemory"] {
            for path in ["/v2/\(kind)", "/v2/\(kind)/region/{region}"] {
                router.get(RouterPath(path + "/status")) { _, _ -> Response in throw Administration.noSharedMemory }
                router.post(RouterPath(path + "/register")) { _, _ -> Response in throw Administration.noSharedMemory }
                router.post(RouterPath(path + "/unregister")) { _, _ -> Response in throw Administration.noSharedMemory
                }
            }
        }
    }

    // MARK: Parts

    /// The model whose trace settings are meant; nil for those of all.
    private static func tracedModel(_ context: ControlContext) throws -> String? {
        try context.parameters.get("model").map { _ in try context.part("model") }
    }

    static func asked(_ context: ControlContext) throws -> (name: String, version: String?) {
        (try context.part("model"), try context.parameters.get("version").map { _ in try context.part("version") })
    }

    /// The body as a JSON object; empty where there is none.
    private static func object(_ request: Request) async throws -> JSONObject {
        let body = try await request.collectedBody(upTo: 64 << 10)
        guard !body.isEmpty, let object = try JSONValue(parsing: body).object else { return [:] }
        return object
    }

    /// The value of a trace setting: text, a list of text, or null for nothing.
    private static func texts(_ value: JSONValue) -> [String]? {
        switch value {
        case .null: nil
        case .array(let values): values.map { $0.string ?? $0.text }
        default: [value.string ?? value.text]
        }
    }
}
