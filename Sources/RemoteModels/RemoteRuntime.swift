package import AsyncHTTPClient
import CloudEvents
import OpenInference
import PayloadPaths
package import Prediction

/// Asks models behind URLs, with one HTTP client for all of them.
package struct RemoteRuntime: ModelServerRuntime {
    private let client: HTTPClient

    /// - Parameter client: Should follow no redirects, which would carry tokens elsewhere.
    package init(client: HTTPClient) { self.client = client }

    /// Makes a predictor that asks a server.
    ///
    /// With a schema nothing is asked before the first rows, so the server need not be there yet. Without one a server
    /// of the V2 protocol is asked to describe the model; in other dialects rows are sent as they come.
    package func open(
        _ name: String,
        version: String?,
        url: String,
        entry: ModelMap.Entry,
        schema: ModelSchema?
    ) throws -> any Predictor {
        let address = try RemoteAddress(url)
        if let told = address.dialect, told.payloadDialect != entry.dialect.payloadDialect {
            throw PredictionError(
                .invalidDescription,
                "the dialect of \(name) is \(entry.dialect.rawValue), and its URL is one of \(told.rawValue)",
                remedy: "Give the server's base as the URL, or the dialect that the path has"
            )
        }
        let remoteName = entry.model ?? address.model ?? name
        let remoteVersion = version.flatMap { $0.isEmpty ? nil : $0 } ?? address.version
        let caller = ServerCaller(
            client: client,
            timeout: entry.timeout,
            maxConcurrency: entry.maxConcurrency,
            tokenFile: entry.tokenFile
        )
        var schema = schema
        var knownVersion = remoteVersion
        if schema == nil, entry.dialect.payloadDialect == .openInference {
            let path = remoteVersion.map { "/versions/\($0.escapedAsSegment)" } ?? ""
            let place = "\(address.base)/v2/models/\(remoteName.escapedAsSegment)\(path)"
            let description = try RemoteDescription(caller: caller, url: place).read()
            schema = description.schema
            knownVersion = knownVersion ?? description.version
        }
        return try RemoteModel(
            ModelDescription(
                name: name,
                version: knownVersion ?? "",
                inputs: schema?.inputs ?? [],
                outputs: schema?.outputs ?? []
            ),
            dialect: entry.dialect,
            address: address,
            name: remoteName,
            version: remoteVersion,
            caller: caller,
            maxRows: entry.maxRows,
            mapping: try PayloadMapping(entry, of: name)
        )
    }
}
