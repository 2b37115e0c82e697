package import Logging

/// What Hummingbird's listener says, at the level that it has for whoever runs the service.
///
/// It tells of a listening channel that ends as of an error, `Waiting on child channel: …`: also when the process stops,
/// and with it the channel. Nobody has to act on that; a listener that cannot be had ends the process, which says so.
package struct ListenerLog: LogHandler {
    private var wrapped: any LogHandler

    package init(_ wrapped: any LogHandler) { self.wrapped = wrapped }

    package var logLevel: Logger.Level {
        get { wrapped.logLevel }
        set { wrapped.logLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { wrapped.metadata }
        set { wrapped.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { wrapped.metadataProvider }
        set { wrapped.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { wrapped[metadataKey: key] }
        set { wrapped[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        guard event.message.description.hasPrefix("Waiting on child channel") else { return wrapped.log(event: event) }
        guard wrapped.logLevel <= .debug else { return }
        var event = event
        event.level = .debug
        wrapped.log(event: event)
    }
}
