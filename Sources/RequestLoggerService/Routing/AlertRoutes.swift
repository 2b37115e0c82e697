import EventStore
import ServiceKit
import ServiceLifecycle

/// The ways to everybody who is told of alerts: a spool and a transport for each route.
struct AlertRoutes {
    let delivery: EventDelivery
    /// What runs beside it.
    let services: [any Service]

    /// - Parameter base: The address at which people reach the pages.
    init(_ routes: [AlertRoute], base: String?, store: any EventStore, context: SidecarContext) throws {
        let timeout = try context.settings.value(SinkSettings.timeout)
        let authorities = try context.settings.value(ProcessSettings.authoritiesFile)
        var services: [any Service] = []
        let targets = routes.map { route -> EventDelivery.Target in
            func way(_ post: Post) -> RoutePost { RoutePost(client: context.httpClient, post: post, timeout: timeout) }
            let transport: any SinkTransport
            switch route.channel {
            case .webhook(let post, let key):
                transport = WebhookTransport(post: way(post), signingKeyFile: key, base: base)
            case .cloudEvent(let post):
                transport = CloudEventTransport(post: way(post))
            case .slack(let post):
                transport = SlackTransport(post: way(post), base: base)
            case .email(let account):
                transport = MailTransport(
                    account: account,
                    authoritiesFile: authorities,
                    timeout: timeout,
                    base: base,
                    logger: context.logger
                )
            case .alertmanager(let post, let resend):
                let manager = AlertmanagerTransport(
                    name: route.name,
                    post: way(post),
                    resend: resend,
                    base: base,
                    store: store,
                    logger: context.logger
                )
                services.append(manager)
                transport = manager
            }
            return EventDelivery.Target(name: route.name, transport: transport)
        }
        delivery = try EventDelivery(context: context, folder: "routes", targets: targets)
        self.services = services
    }
}
