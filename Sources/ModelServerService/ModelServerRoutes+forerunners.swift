import Hummingbird
import JSON
import ServiceKit

/// What was before V2: TF-Serving's status and metadata, which KServe's version 1 asks too, and Seldon's.
extension ModelServerRoutes {
    func addForerunners(to router: Router<ControlContext>) {
        router.get("/v1/models") { [repository] _, _ in
            Response(json: ["models": .array(repository.names.map { .string($0) })])
        }
        for path in ["/v1/models/{model}", "/v1/models/{model}/versions/{version}"] {
            router.get(RouterPath(path)) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                let metadata = try await administration.metadata(name, version: version)
                return Response(json: Self.status(name, versions: version.map { [$0] } ?? metadata.versions))
            }
            router.get(RouterPath(path + "/metadata")) { [administration] _, context in
                let (name, version) = try Self.asked(context)
                let metadata = try await administration.metadata(name, version: version)
                return Response(json: metadata.signature(version: version ?? metadata.versions.last ?? ""))
            }
        }
        for path in ["/api/v1.0/metadata/{model}", "/seldon/{namespace}/{model}/api/v1.0/metadata"] {
            router.get(RouterPath(path)) { [administration] _, context in
                Response(json: try await administration.metadata(try Self.asked(context).name, version: nil).json)
            }
        }
        router.get("/api/v1.0/status/{model}") { [administration] _, context in
            let name = try Self.asked(context).name
            let metadata = try await administration.metadata(name, version: nil)
            return Response(json: Self.status(name, versions: metadata.versions))
        }
    }

    /// TF-Serving's list of versions, the newest first, with KServe's two members beside it.
    private static func status(_ name: String, versions: [String]) -> JSONValue {
        [
            "name": .string(name), "ready": true,
            "model_version_status": .array(
                versions.reversed().map { version in
                    [
                        "version": .string(version), "state": "AVAILABLE",
                        "status": ["error_code": "OK", "error_message": ""],
                    ]
                }
            ),
        ]
    }
}
