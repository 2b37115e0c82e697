import CloudEvents
package import ServiceKit

/// When a body goes to a file instead of into its event, and how the event says where it is.
package struct ClaimCheck: Sendable {
    /// Where the files are.
    package let store: PayloadStore
    /// Bodies with more bytes go there.
    package let limit: Int
    /// What stands before a file's name in `dataref`.
    package let prefix: String

    package static let bytes = SettingKey(
        "capture.dataref.bytes",
        default: Int?.none,
        "Bodies of more bytes go to files, and their events have dataref in place of data; not set, none do."
    )
    package static let directory = SettingKey(
        "capture.dataref.directory",
        default: String?.none,
        "Where those files are; without it the folder payloads of the state directory."
    )
    package static let url = SettingKey(
        "capture.dataref.url",
        default: String?.none,
        "What stands before a file's name in dataref, such as http://tap:9089/v1/payloads/; without it file:// and the folder."
    )
    package static let capacity = SettingKey(
        "capture.dataref.capacity.bytes",
        default: 1 << 30,
        "The bytes of all those files; beyond them the oldest go.",
        allowed: "at least 1048576",
        where: { $0 >= 1 << 20 }
    )

    /// All of its settings.
    package static let keys: [any Setting] = [bytes, directory, url, capacity]

    /// What the settings ask for; nil where all data go with their events.
    package static func open(_ context: SidecarContext) throws -> ClaimCheck? {
        guard let limit = try context.settings.value(bytes) else { return nil }
        let folder = try context.settings.value(directory) ?? "\(context.stateDirectory)/payloads"
        let store = try PayloadStore(directory: folder, capacity: try context.settings.value(capacity))
        let held = context.metrics.gauge("vedette_dataref_bytes", "Bytes of the files of bodies that are in no event.")
        context.metrics.onCollect { held.set(Double(store.bytes)) }
        let prefix = try context.settings.value(url) ?? "file://\(store.path)/"
        guard Self.isReference(prefix) else {
            throw SettingsError(
                .unreadable,
                key: url.name,
                "\(url.name) \(prefix) is no beginning of a URI",
                remedy: "Give an address that ends with a slash, percent-encoded where needed"
            )
        }
        return ClaimCheck(store: store, limit: limit, prefix: prefix)
    }

    /// Whether a text may be the value of `dataref`, which an event finds out.
    private static func isReference(_ text: String) -> Bool {
        (try? CloudEvent(id: "0", source: "/", type: "t", extensions: ["dataref": .uriReference(text)])) != nil
    }

    package init(store: PayloadStore, limit: Int, prefix: String) {
        self.store = store
        self.limit = limit
        self.prefix = prefix
    }
}
