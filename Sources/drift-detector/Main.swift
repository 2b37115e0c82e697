import DriftDetectorService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("drift-detector", settings: DriftDetectorService.settings) {
            try await DriftDetectorService.services($0)
        }
    }
}
