import PayloadTapService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("payload-tap", settings: TapConfiguration.keys) { try PayloadTapService.services($0) }
    }
}
