import RequestLoggerService
import ServiceKit

@main
struct Main {
    static func main() async {
        await Sidecar.main("request-logger", settings: RequestLoggerConfiguration.keys) { context in
            try await RequestLoggerService.services(context)
        }
    }
}
