import HTTPTypes
package import ServiceKit

/// What `/openapi.json` says of the routes.
extension ModelServerRoutes {
    package static let operations = serverOperations + modelOperations + inferenceOperations + repositoryOperations

    private static let serverOperations = [
        APIOperation(.get, "/v2", "Name, version and extensions of the server."),
        APIOperation(.get, "/v2/health/live", "Whether the server works at all."),
        APIOperation(.get, "/v2/health/ready", "Whether every model is ready."),
        APIOperation(.get, "/v2/trace/setting", "Which requests are traced into the log."),
        APIOperation(.post, "/v2/trace/setting", "Changes which requests are traced.", body: "application/json"),
        APIOperation(.get, "/v2/logging", "How much is logged."),
        APIOperation(.post, "/v2/logging", "Changes how much is logged.", body: "application/json"),
    ]

    private static let modelOperations =
        [
            APIOperation(.get, "/v2/models", "The names of the models."),
            APIOperation(.get, "/v2/models/stats", "What every version of every model has answered."),
            APIOperation(.get, "/v1/models", "The names of the models, as KServe's version 1 asks for them."),
            APIOperation(.get, "/v1/models/{model}", "The versions that are served, as TF-Serving says it."),
            APIOperation(.get, "/v1/models/{model}/metadata", "Inputs and outputs, as TF-Serving says it."),
            APIOperation(.get, "/v1/models/{model}/versions/{version}", "Whether a version is served."),
            APIOperation(.get, "/v1/models/{model}/versions/{version}/metadata", "Inputs and outputs of a version."),
            APIOperation(.get, "/api/v1.0/metadata/{model}", "Inputs and outputs, by Seldon's path."),
            APIOperation(.get, "/api/v1.0/status/{model}", "The versions that are served, by Seldon's path."),
            APIOperation(.get, "/v2/models/{model}/trace/setting", "Which requests of a model are traced."),
            APIOperation(
                .post,
                "/v2/models/{model}/trace/setting",
                "Changes which requests of a model are traced.",
                body: "application/json"
            ),
        ]
        + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { path in
            [
                APIOperation(.get, path, "Inputs, outputs and versions."),
                APIOperation(.get, path + "/ready", "Whether it is ready."),
                APIOperation(.get, path + "/config", "Its configuration, as Triton describes it."),
                APIOperation(.get, path + "/stats", "What it has answered, and how long that took."),
            ]
        }

    private static let inferenceOperations = [
        "/v2/models/{model}/infer": "The newest version's answer to rows of inputs.",
        "/v2/models/{model}/versions/{version}/infer": "A version's answer.",
        "/v1/models/{model}:predict": "The answer to rows or columns, as TF-Serving and KServe's version 1 ask.",
        "/v1/models/{model}:classify": "The classes of examples and their scores, as TF-Serving asks.",
        "/v1/models/{model}:regress": "The values of examples, as TF-Serving asks.",
        "/v1/models/{model}/versions/{version}:predict": "A version's answer.",
        "/v1/models/{model}/versions/{version}:classify": "A version's classes.",
        "/v1/models/{model}/versions/{version}:regress": "A version's values.",
        "/api/v1.0/predictions": "The answer of the one model, or of model.name, as Seldon's version 1 asks.",
        "/seldon/{namespace}/{model}/api/v1.0/predictions": "A model's answer, by the path of Seldon's ingress.",
    ].sorted { $0.key < $1.key }.map { path, summary in
        APIOperation(
            .post,
            path,
            summary,
            body: "application/json",
            answers: [200: "The outputs", 400: "The request does not fit the model", 503: "Too many are under way"]
        )
    }

    private static let repositoryOperations = [
        APIOperation(.post, "/v2/repository/index", "Every model of the folder and whether it is served."),
        APIOperation(
            .post,
            "/v2/repository/models/{model}/load",
            "Reads a model's folder again, or stores the version that comes with it.",
            body: "application/json",
            answers: [200: "It is served", 400: "It is no model", 409: "The version is there already"]
        ),
        APIOperation(.post, "/v2/repository/models/{model}/unload", "Serves a model no longer."),
    ]
}
