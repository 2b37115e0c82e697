/// Whether requests are for a version beside the one that answers them ordinarily.
package enum ModelEndpoint: String, Sendable {
    /// What a deployment's endpoint is called in the settings.
    case ordinary
    /// A share of the requests is answered by another version.
    case canary
    /// Another version gets a copy, and nobody sees its answer.
    case shadow
}

extension ModelShelf {
    /// Where a request goes.
    package struct Route: Sendable {
        /// What answers it.
        package var answer: Answer
        /// Whether that is the canary.
        package var endpoint: ModelEndpoint
        /// What gets a copy of it.
        package var shadow: Model?
    }

    /// The model for a request, drawn between the ordinary version and its canary by the request's id.
    ///
    /// A canary that is not in memory, or broken, leaves its share to the ordinary version.
    ///
    /// - Parameters:
    ///   - version: nil for a request that names none; one that does is answered by that version and copied to nobody.
    ///   - requestID: nil for a question that is no request. The same id gets the same version for as long as the shares are the same, on every server, and who
    ///     is in a share stays in it when it grows.
    package mutating func route(
        _ name: String,
        version: String?,
        requestID: String?,
        now: ContinuousClock.Instant
    ) -> Route {
        guard version == nil, let requestID, let place = entries.index(forKey: name),
            entries.values[place].serving.divides
        else {
            return Route(answer: ask(name, version: version, now: now), endpoint: .ordinary)
        }
        let serving = entries.values[place].serving
        var route = Route(answer: .unknown, endpoint: .ordinary)
        if let shadow = serving.shadow,
            RequestShare(shadow.share, of: "shadow", model: name).holds(requestID)
        {
            route.shadow = spare(name, version: shadow.version)
        }
        if let canary = serving.canary, RequestShare(canary.share, of: "canary", model: name).holds(requestID),
            let model = spare(name, version: canary.version)
        {
            route.answer = .ready(model)
            route.endpoint = .canary
        } else {
            route.answer = ask(name, now: now)
        }
        return route
    }
}
