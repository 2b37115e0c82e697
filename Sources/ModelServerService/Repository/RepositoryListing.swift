/// One version of a model.
package struct ModelKey: Hashable, Sendable {
    /// The model's name, that of its folder.
    package var name: String
    /// The version, the name of the folder below.
    package var version: String

    package init(_ name: String, _ version: String) {
        self.name = name
        self.version = version
    }
}

/// What a folder of models holds, as seen from outside.
package struct RepositoryListing: Sendable, Equatable {
    /// A version folder.
    package struct Version: Sendable, Equatable {
        package var name: String
        /// Another number when one of its files is another.
        package var signature: UInt64
        /// What its files take together.
        package var bytes: Int

        package init(name: String, signature: UInt64, bytes: Int) {
            self.name = name
            self.signature = signature
            self.bytes = bytes
        }
    }

    /// A model folder.
    package struct Model: Sendable, Equatable {
        /// Its versions, oldest first.
        package var versions: [Version]
        /// Another number when `serving.toml` is another; nil without one.
        package var settings: UInt64?

        package init(versions: [Version], settings: UInt64? = nil) {
            self.versions = versions
            self.settings = settings
        }
    }

    /// The models by name.
    package var models: [String: Model]

    package init(models: [String: Model] = [:]) {
        self.models = models
    }

    /// Whether a version comes before another: by number where they are numbers, words before numbers.
    package static func isOlder(_ left: String, _ right: String) -> Bool {
        switch (UInt64(left), UInt64(right)) {
        case (let left?, let right?): left < right
        case (nil, _?): true
        case (_?, nil): false
        case (nil, nil): left < right
        }
    }
}

/// Lets a change of a folder through when two looks have found it alike, so that a copy under way is left alone.
package struct SettledListing: Sendable {
    private var last: RepositoryListing
    /// What counts as being there.
    package private(set) var settled: RepositoryListing

    /// - Parameter first: The first look counts as it is.
    package init(first: RepositoryListing) {
        last = first
        settled = first
    }

    /// Whether the last look found something that has not been seen twice yet.
    package var isChanging: Bool { last != settled }

    /// Takes a look in.
    ///
    /// - Returns: The names of the models of which something else counts now.
    package mutating func look(_ now: RepositoryListing) -> Set<String> {
        var changed: Set<String> = []
        for name in Set(now.models.keys).union(settled.models.keys) {
            let model = settle(now.models[name], last.models[name], settled.models[name])
            guard model != settled.models[name] else { continue }
            settled.models[name] = model
            changed.insert(name)
        }
        last = now
        return changed
    }

    /// Takes one model as it is, because somebody said that it is complete.
    package mutating func accept(_ model: RepositoryListing.Model?, named name: String) {
        last.models[name] = model
        settled.models[name] = model
    }

    private func settle(
        _ now: RepositoryListing.Model?,
        _ last: RepositoryListing.Model?,
        _ settled: RepositoryListing.Model?
    ) -> RepositoryListing.Model? {
        if now == last { return now }
        var versions: [RepositoryListing.Version] = []
        for name in Set((now?.versions ?? []).map(\.name)).union((settled?.versions ?? []).map(\.name)) {
            let (new, old) = (now?.version(name), last?.version(name))
            if let version = new == old ? new : settled?.version(name) { versions.append(version) }
        }
        let settings = now?.settings == last?.settings ? now?.settings : settled?.settings
        guard !versions.isEmpty || settings != nil else { return nil }
        versions.sort { RepositoryListing.isOlder($0.name, $1.name) }
        return RepositoryListing.Model(versions: versions, settings: settings)
    }
}

extension RepositoryListing.Model {
    fileprivate func version(_ name: String) -> RepositoryListing.Version? { versions.first { $0.name == name } }
}
