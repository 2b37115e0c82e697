package import CloudEvents

/// What verdicts are called when they leave: their own types, or others for consumers that were made for those.
package struct VerdictTypes: Hashable, Sendable {
    /// The name of each kind that has another one.
    private let names: [String: String]

    /// Every kind under its own name.
    package static let standard = VerdictTypes(names: [:])

    private init(names: [String: String]) { self.names = names }

    /// The verdict under the name that its kind has; any other event as it is.
    package func named(_ event: CloudEvent) -> CloudEvent {
        guard !names.isEmpty, let name = names[event.type] else { return event }
        // Names are checked where they are read.
        return (try? event.retyped(name)) ?? event
    }
}

extension VerdictTypes: SettingValue {
    package static var settingKind: String { "kind=type, or several with commas between" }

    /// Reads `drift=io.seldon.serving.inference.drift,outlier=io.seldon.serving.inference.outlier`.
    package init?(settingText: String) {
        var names: [String: String] = [:]
        for part in settingText.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
            guard pair.count == 2, !pair[1].isEmpty, pair[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return nil
            }
            let kind = EventType.verdictPrefix + pair[0]
            guard EventType.isVerdict(kind), names.updateValue(String(pair[1]), forKey: kind) == nil else { return nil }
        }
        self.init(names: names)
    }

    package var settingText: String {
        names.sorted { $0.key < $1.key }.map { "\($0.key.dropFirst(EventType.verdictPrefix.count))=\($0.value)" }
            .joined(separator: ",")
    }
}
