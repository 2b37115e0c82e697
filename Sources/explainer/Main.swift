import ExplainerService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("explainer", settings: ExplainerSettings.keys) { try await ExplainerService.services($0) }
    }
}
