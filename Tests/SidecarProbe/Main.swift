import Hummingbird
import JSON
import ServiceKit

/// A sidecar as small as one can be, with everything that each of ours has: tests start, ask, stop and kill it.
@main
struct Main {
    static let listen = HTTPSettings.listen(default: "127.0.0.1:0")

    static func main() async {
        await Sidecar.main("sidecar-probe", settings: HTTPSettings.keys(listen: "127.0.0.1:0") + EventLine.settings) {
            context in
            let readiness = Readiness()
            let line = try EventLine(context: context, consumer: CountingConsumer(), readiness: readiness)
            let server = try HTTPServer(
                context: context,
                listen: listen,
                hotRoutes: [
                    line.intake.route(),
                    HotRoute(.post, "/v2/models/{model}/infer") { request in
                        HotResponse(
                            status: .ok,
                            headers: [],
                            body: Array((request.parameters["model"] ?? "").utf8) + request.bytes
                        )
                    },
                ],
                operations: [EventIntake.operation()],
                readiness: readiness
            ) { router in
                router.get("/v1/hello") { _, _ in Response(json: ["hello": "world"]) }
                router.post("/v1/length") { request, _ in
                    Response(json: ["length": .integer(Int64(try await request.collectedBody(upTo: 1 << 20).count))])
                }
                router.get("/v1/fails") { _, _ -> Response in throw Unforeseen() }
            }
            return line.services + [server]
        }
    }

    private struct Unforeseen: Error {}
}
