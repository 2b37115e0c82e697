import HTTPTypes
package import Hummingbird
import JSON
package import ServiceKit

/// The control routes of a detector: its monitors, one by one and all together.
///
/// What changes a monitor is done here and then by every other replica; the answer lists what each said. Where one was not
/// reached the answer is 502, what was done stays done, and the same call again does the rest.
package struct MonitorRoutes: Sendable {
    private let host: MonitorHost
    private let installer: MonitorInstaller
    private let peers: PeerCalls
    private let uploadLimit: Int

    package init(host: MonitorHost, installer: MonitorInstaller, peers: PeerCalls, uploadLimit: Int) {
        self.host = host
        self.installer = installer
        self.peers = peers
        self.uploadLimit = uploadLimit
    }

    package func add(to router: Router<ControlContext>) {
        router.get("/v1/monitors") { [host] _, _ in Response(json: await host.list()) }
        router.get("/v1/monitors/:name") { [host] _, context in
            Response(json: try await host.describe(try context.part("name")))
        }
        router.put("/v1/monitors/:name") { [installer, host, uploadLimit] request, context in
            let name = try context.part("name")
            let archive = try await request.collectedBody(upTo: uploadLimit)
            try await installer.upload(name, archive: archive)
            let others = await tell(request, "PUT", request.uri.path, "application/x-tar", archive)
            return Self.answer(try await host.describe(name), others)
        }
        router.delete("/v1/monitors/:name") { [installer] request, context in
            let name = try context.part("name")
            var missing: ServiceError?
            do { try await installer.delete(name) } catch let error as ServiceError where error.code == .notFound {
                missing = error  // another replica may have it: one that was not reached the first time
            }
            let others = await tell(request, "DELETE", request.uri.path)
            if let missing, others.allSatisfy({ $0.status == 404 }) { throw missing }
            guard !others.isEmpty else { return Response(status: .noContent) }
            return Self.answer(["name": .string(name)], others, reached: [404])
        }
        router.post("/v1/monitors/:name/reset") { [installer, host] request, context in
            let name = try context.part("name")
            try await installer.reset(name)
            let others = await tell(request, "POST", request.uri.path)
            return Self.answer(try await host.describe(name), others)
        }
        router.get("/v1/monitors/:name/verdicts") { [host] _, context in
            Response(json: try await host.recentVerdicts(of: try context.part("name")))
        }
    }

    /// What the other replicas say to the same call; none of them is asked when the call came from one.
    private func tell(
        _ request: Request,
        _ method: String,
        _ path: String,
        _ contentType: String? = nil,
        _ body: [UInt8] = []
    ) async -> [PeerCalls.Answer] {
        guard let mark = HTTPField.Name(PeerCalls.mark), request.headers[mark] == nil else { return [] }
        return await peers.send(method, path, contentType: contentType, body: body)
    }

    /// An answer that lists what the other replicas said, where there are any.
    ///
    /// - Parameter reached: Statuses that are as good as done.
    private static func answer(_ json: JSONValue, _ others: [PeerCalls.Answer], reached: Set<Int> = []) -> Response {
        guard !others.isEmpty, var object = json.object else { return Response(json: json) }
        object["replicas"] = .array(others.map(\.json))
        let failed = others.filter { other in
            other.status.map { !(200..<300).contains($0) && !reached.contains($0) } ?? true
        }
        guard !failed.isEmpty else { return Response(json: .object(object)) }
        object["error"] = .string(
            "done here, and not by " + failed.map { "\($0.peer): \($0.error ?? "")" }.joined(separator: "; ")
        )
        object["code"] = .string(ServiceError.Code.upstreamFailed.name)
        object["remedy"] = "Send the same call again when they are there; it does what is left"
        return Response(json: .object(object), status: ServiceError.Code.upstreamFailed.status)
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
            answers: [
                200: "It runs", 502: "It runs, and not with every replica", 400: "It is refused, by file and field",
                409: "The watched folder owns the name",
            ]
        ),
        APIOperation(
            .delete,
            "/v1/monitors/{name}",
            "Takes a monitor out.",
            answers: [
                204: "It is gone", 200: "It is gone, with every replica", 502: "It is gone, and not with every replica",
                404: "There is none", 409: "The watched folder owns the name",
            ]
        ),
        APIOperation(
            .post,
            "/v1/monitors/{name}/reset",
            "Lets a monitor begin anew.",
            answers: [200: "It learns", 502: "It learns, and not with every replica", 404: "There is none"]
        ),
        APIOperation(
            .get,
            "/v1/monitors/{name}/verdicts",
            "The last 100 verdicts as CloudEvents, newest first.",
            answers: [200: "They", 404: "There is none"]
        ),
    ]
}
