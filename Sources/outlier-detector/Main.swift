import OutlierDetectorService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("outlier-detector", settings: OutlierDetectorService.settings) {
            try await OutlierDetectorService.services($0)
        }
    }
}
