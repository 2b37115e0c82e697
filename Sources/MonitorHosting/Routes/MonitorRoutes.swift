package import Hummingbird
import JSON
package import ServiceKit

/// The control routes of a detector: its monitors, one by one and all together.
package struct MonitorRoutes: Sendable {
    private let host: MonitorHost
    private let installer: MonitorInstaller
    private let uploadLimit: Int

    package init(host: MonitorHost, installer: MonitorInstaller, uploadLimit: Int) {
        self.host = host
        self.installer = installer
        self.uploadLimit = uploadLimit
    }

    package func add(to router: Router<ControlContext>) {
        router.get("/v1/monitors") { [host] _, _ in Response(json: await host.list()) }
        router.get("/v1/monitors/:name") { [host] _, context in
            Response(json: try await host.describe(try context.parameters.require("name")))
        }
        router.put("/v1/monitors/:name") { [installer, host, uploadLimit] request, context in
            let name = try context.parameters.require("name")
            try await installer.upload(name, archive: try await request.collectedBody(upTo: uploadLimit))
            return Response(json: try await host.describe(name))
        }
        router.delete("/v1/monitors/:name") { [installer] _, context in
            try await installer.delete(try context.parameters.require("name"))
            return Response(status: .noContent)
        }
        router.post("/v1/monitors/:name/reset") { [installer, host] _, context in
            let name = try context.parameters.require("name")
            try await installer.reset(name)
            return Response(json: try await host.describe(name))
        }
        router.get("/v1/monitors/:name/verdicts") { [host] _, context in
            Response(json: try await host.recentVerdicts(of: try context.parameters.require("name")))
        }
    }

    /// The routes as `/openapi.json` tells them.
    package static let operations = [
        APIOperation(.get, "/v1/monitors", "All monitors, refused ones with the reason."),
        APIOperation(.get, "/v1/monitors/{name}", "One monitor.", answers: [200: "It", 404: "There is none"]),
        APIOperation(
            .put,
            "/v1/monitors/{name}",
            "Puts a monitor in, or in the place of the one before.",
            body: "application/x-tar",
            answers: [200: "It runs", 400: "It is refused, by file and field", 409: "The watched folder owns the name"]
        ),
        APIOperation(
            .delete,
            "/v1/monitors/{name}",
            "Takes a monitor out.",
            answers: [204: "It is gone", 404: "There is none", 409: "The watched folder owns the name"]
        ),
        APIOperation(
            .post,
            "/v1/monitors/{name}/reset",
            "Lets a monitor begin anew.",
            answers: [200: "It learns", 404: "There is none"]
        ),
        APIOperation(
            .get,
            "/v1/monitors/{name}/verdicts",
            "The last 100 verdicts as CloudEvents, newest first.",
            answers: [200: "They", 404: "There is none"]
        ),
    ]
}
