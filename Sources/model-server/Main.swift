import ModelServerService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("model-server", settings: ModelServerConfiguration.keys) {
            try await ModelServerService.services($0)
        }
    }
}
