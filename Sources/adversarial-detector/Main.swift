import AdversarialDetectorService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("adversarial-detector", settings: AdversarialDetectorService.settings) {
            try await AdversarialDetectorService.services($0)
        }
    }
}
