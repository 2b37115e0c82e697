package import Hummingbird
import JSON
package import ServiceKit

/// The routes of the V2 protocol beside infer: health, metadata, the repository.
package struct ModelServerRoutes: Sendable {
    private let repository: ModelRepository

    package init(repository: ModelRepository) {
        self.repository = repository
    }

    /// For `/openapi.json`.
    package static let operations = [
        APIOperation(.get, "/v2", "Name, version and extensions of the server."),
        APIOperation(.get, "/v2/health/live", "Whether the server works at all."),
        APIOperation(.get, "/v2/health/ready", "Whether every model is ready."),
        APIOperation(.get, "/v2/models", "The names of the models."),
        APIOperation(.get, "/v2/models/{model}", "Inputs, outputs and versions of a model."),
        APIOperation(.get, "/v2/models/{model}/ready", "Whether a model is ready."),
        APIOperation(.get, "/v2/models/{model}/versions/{version}", "Inputs and outputs of a version."),
        APIOperation(.get, "/v2/models/{model}/versions/{version}/ready", "Whether a version is ready."),
        APIOperation(
            .post,
            "/v2/models/{model}/infer",
            "The newest version's answer to rows of inputs.",
            body: "application/json",
            answers: [200: "The outputs", 400: "The request does not fit the model", 503: "Too many are under way"]
        ),
        APIOperation(
            .post,
            "/v2/models/{model}/versions/{version}/infer",
            "A version's answer.",
            body: "application/json"
        ),
        APIOperation(.post, "/v2/repository/index", "Every model of the folder and whether it is served."),
        APIOperation(.post, "/v2/repository/models/{model}/load", "Reads a model's folder again."),
        APIOperation(.post, "/v2/repository/models/{model}/unload", "Serves a model no longer."),
    ]

    package func add(to router: Router<ControlContext>) {
        addServer(to: router)
        addModels(to: router)
        addRepository(to: router)
    }

    private func addServer(to router: Router<ControlContext>) {
        router.get("/v2") { _, _ in
            Response(json: [
                "name": "vedette-model-server",
                "version": .string(Version.current),
                "extensions": ["binary_tensor_data", "model_repository"],
            ])
        }
        router.get("/v2/health/live") { _, _ in Response(json: ["live": true]) }
        // Models are loaded before the listener opens, so whoever can ask finds them ready.
        router.get("/v2/health/ready") { _, _ in Response(json: ["ready": true]) }
    }

    private func addModels(to router: Router<ControlContext>) {
        router.get("/v2/models") { [repository] _, _ in
            Response(json: ["models": .array(repository.names.map { .string($0) })])
        }
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            router.get(RouterPath(path)) { [repository] _, context in
                let model = try Self.model(in: repository, context)
                return Response(json: model.metadata(versions: repository.versions(of: model.name)))
            }
            router.get(RouterPath(path + "/ready")) { [repository] _, context in
                let model = try Self.model(in: repository, context)
                return Response(json: ["name": .string(model.name), "ready": true])
            }
        }
    }

    private func addRepository(to router: Router<ControlContext>) {
        router.post("/v2/repository/index") { [repository] request, _ in
            let body = try await request.collectedBody(upTo: 64 << 10)
            let wish = body.isEmpty ? nil : try JSONValue(parsing: body)["ready"]?.bool
            return Response(json: repository.index(readyOnly: wish ?? false))
        }
        router.post("/v2/repository/models/{model}/load") { [repository] _, context in
            try repository.load(try context.parameters.require("model"))
            return Response(json: [:])
        }
        router.post("/v2/repository/models/{model}/unload") { [repository] _, context in
            try repository.unload(try context.parameters.require("model"))
            return Response(json: [:])
        }
    }

    private static func model(in repository: ModelRepository, _ context: ControlContext) throws -> ServedModel {
        try repository.model(try context.parameters.require("model"), version: context.parameters.get("version"))
    }
}
