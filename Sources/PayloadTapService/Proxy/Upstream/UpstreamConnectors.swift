/// The model's places: one for HTTP/1.1 and one for HTTP/2, most often the same.
///
/// Model servers that offer both serve gRPC at a port of its own.
package struct UpstreamConnectors: Sendable {
    let http1: UpstreamConnector
    let http2: UpstreamConnector

    /// A model that is reached at two places.
    package init(http1: UpstreamConnector, http2: UpstreamConnector) {
        self.http1 = http1
        self.http2 = http2
    }

    /// A model that is reached at one place.
    package init(both connector: UpstreamConnector) {
        self.init(http1: connector, http2: connector)
    }
}
