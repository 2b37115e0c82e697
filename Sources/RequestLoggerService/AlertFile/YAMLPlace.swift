import CloudEvents
import ServiceKit
import Yams

/// A value in a YAML file that knows where it stands, so that whoever reads it can say what is wrong there.
struct YAMLPlace {
    /// The file's name, for messages.
    let file: String
    /// How to get there: `routes[0].match`.
    let path: String
    private let node: Node

    /// Reads a file.
    ///
    /// - Returns: nil for a file without content.
    /// - Throws: ``SettingsError`` for text that is no YAML, by line.
    init?(yaml text: String, file: String) throws {
        do {
            guard let node = try Yams.compose(yaml: text) else { return nil }
            self.init(node, file: file, path: "")
        } catch let error as YamlError {
            let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            throw SettingsError(
                .file,
                key: file,
                "\(file) is not YAML: \(words.prefix(300))",
                remedy: "Repair that line; docs/alerts.md has a file that is whole"
            )
        }
    }

    private init(_ node: Node, file: String, path: String) {
        self.node = node
        self.file = file
        self.path = path
    }

    /// An error about this place.
    func fault(_ message: String, remedy: String) -> SettingsError {
        let line = node.mark.map { ":\($0.line)" } ?? ""
        let subject = path.isEmpty ? "" : "\(path): "
        return SettingsError(.file, key: file, "\(file)\(line): \(subject)\(message)", remedy: remedy)
    }

    // MARK: What it may be

    /// A mapping of which only these keys are known.
    func mapping(_ known: [String]) throws -> YAMLMapping {
        let mapping = try anyMapping()
        if let stranger = mapping.keys.first(where: { !known.contains($0) }) {
            let place = try mapping.required(stranger)
            throw place.fault(
                "there is no key '\(stranger.prefix(60))' here",
                remedy: "Known are: \(known.joined(separator: ", "))"
            )
        }
        return mapping
    }

    /// A mapping with keys that the file chooses.
    func anyMapping() throws -> YAMLMapping {
        guard case .mapping(let pairs) = node else {
            throw fault("this is \(kind), a mapping is needed", remedy: "Write key: value lines, indented alike")
        }
        var places: [(String, YAMLPlace)] = []
        for (key, value) in pairs {
            guard let name = key.scalar?.string else {
                throw fault("a key is no text", remedy: "Write key: value lines")
            }
            places.append((name, YAMLPlace(value, file: file, path: path.isEmpty ? name : "\(path).\(name)")))
        }
        return YAMLMapping(place: self, places: places)
    }

    /// A list.
    func list() throws -> [YAMLPlace] {
        guard case .sequence(let nodes) = node else {
            throw fault("this is \(kind), a list is needed", remedy: "Write a line that begins with - for each")
        }
        return nodes.enumerated().map { YAMLPlace($1, file: file, path: "\(path)[\($0)]") }
    }

    /// A list, or one element by itself.
    func oneOrMore() throws -> [YAMLPlace] {
        if case .sequence = node { try list() } else { [self] }
    }

    /// A text that is not empty.
    func text() throws -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw fault("this is \(kind), a text is needed", remedy: "Write the text behind the colon")
        }
        return scalar.string
    }

    /// What `read` makes of the text.
    func value<Value>(_ what: String, _ read: (String) -> Value?) throws -> Value {
        let text = try text()
        guard let value = read(text) else {
            throw fault("'\(text.prefix(80))' is not \(what)", remedy: "Give \(what)")
        }
        return value
    }

    func wholeNumber() throws -> Int {
        try value("a whole number, at least 1") { Int($0).flatMap { $0 >= 1 ? $0 : nil } }
    }

    func duration() throws -> Duration {
        try value("a duration such as 30s, 15m, 12h or 30d") { Duration(settingText: $0) }
    }

    func time() throws -> Timestamp {
        try value("a time such as 2026-12-24T18:00:00Z") { try? Timestamp(rfc3339: $0) }
    }

    private var kind: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "a text"
        case .alias: "an alias"
        }
    }
}

/// A mapping of a YAML file.
struct YAMLMapping {
    let place: YAMLPlace
    private let places: [(name: String, place: YAMLPlace)]

    fileprivate init(place: YAMLPlace, places: [(String, YAMLPlace)]) {
        self.place = place
        self.places = places
    }

    var keys: [String] { places.map(\.name) }

    subscript(name: String) -> YAMLPlace? { places.first { $0.name == name }?.place }

    func required(_ name: String) throws -> YAMLPlace {
        guard let place = self[name] else {
            throw place.fault("'\(name)' is missing", remedy: "Write \(name): …")
        }
        return place
    }
}
