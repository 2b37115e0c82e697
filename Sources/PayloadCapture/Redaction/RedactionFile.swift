import Journal
import OpenInference
package import ServiceKit
package import TOML

/// The file with the rules of a ``Redaction``.
///
/// ```toml
/// hash_key_file = "redaction.key"   # needed by rules that hash; at least 16 bytes
///
/// [[rule]]
/// model = "loans"                   # a name, or the beginning of names with *; every model when it is not given
/// half = "request"                  # request or response; both when it is not given
/// tensor = "applicant"              # all of a tensor; with column, one column of it
/// column = 3                        # by place from 0, or by name
/// action = "hash"                   # drop, mask or hash
///
/// [[rule]]
/// path = "$..email"                 # places in JSON
/// action = "mask"
///
/// [[rule]]
/// header = "x-user-*"               # of the headers that capture.headers lets through
/// action = "hash"
/// ```
package enum RedactionFile {
    private static let keyBytes = 16...4096

    /// Reads a file of rules and the key that it names.
    ///
    /// - Parameter key: The setting that names the file, for errors.
    package static func read(_ path: String, key: String) throws(SettingsError) -> Redaction {
        let text = String(decoding: try contents(of: path, key: key), as: UTF8.self)
        do throws(RedactionFileError) {
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            return try parse(text) { name throws(SettingsError) in
                try contents(of: name.hasPrefix("/") ? name : folder + name, key: key)
            }
        } catch {
            throw SettingsError(.file, key: key, "\(path): \(error.message)", remedy: error.remedy)
        }
    }

    /// Reads rules.
    ///
    /// - Parameter secret: The contents of the file of the key.
    package static func parse(
        _ text: String,
        secret: (String) throws(SettingsError) -> [UInt8]
    ) throws(RedactionFileError) -> Redaction {
        let file = try TableReader<RedactionFileError>(parsing: text)
        let keyName = try file.optionalText("hash_key_file")
        let tables = try file.optionalTables("rule") ?? []
        var rules: [Redaction.Rule] = []
        for table in tables { rules.append(try rule(table)) }
        try file.finish()
        guard !rules.isEmpty else {
            throw RedactionFileError("there are no rules", remedy: "Write [[rule]] tables, or unset the file")
        }
        guard let keyName else {
            guard rules.allSatisfy({ $0.action != .hash }) else {
                throw RedactionFileError("a rule hashes and there is no key", remedy: "Name a hash_key_file")
            }
            return Redaction(rules: rules, key: nil)
        }
        var key: [UInt8]
        do throws(SettingsError) { key = try secret(keyName) } catch {
            throw RedactionFileError(error.message, remedy: error.remedy)
        }
        while key.last == UInt8(ascii: "\n") || key.last == UInt8(ascii: "\r") { key.removeLast() }
        guard keyBytes.contains(key.count) else {
            throw RedactionFileError(
                "the key in \(keyName) has \(key.count) bytes",
                remedy: "Write \(keyBytes.lowerBound) to \(keyBytes.upperBound) bytes: openssl rand -hex 32"
            )
        }
        return Redaction(rules: rules, key: key)
    }

    private static func rule(_ table: TableReader<RedactionFileError>) throws(RedactionFileError) -> Redaction.Rule {
        Redaction.Rule(
            model: try table.optionalText("model").map { NamePattern($0) },
            half: try table.optional("half", "request or response") { $0.text.flatMap(Payload.Role.init(rawValue:)) },
            try subject(table),
            try table.choice("action")
        )
    }

    private static func subject(
        _ table: TableReader<RedactionFileError>
    ) throws(RedactionFileError) -> Redaction.Subject {
        let tensor = try table.optionalText("tensor").map { NamePattern($0) }
        let column: RedactionRule.Column? = try table.optional("column", "a name, or a place from 0") { value in
            if let name = value.text { return name.isEmpty ? nil : .name(name) }
            return value.integer.flatMap { Int(exactly: $0) }.flatMap { $0 < 0 ? nil : .index($0) }
        }
        let path = try table.optionalText("path")
        let header = try table.optionalText("header")
        switch (tensor, column, path, header) {
        case (let tensor?, nil, nil, nil): return .body(.tensor(tensor))
        case (let tensor, let column?, nil, nil): return .body(.column(column, of: tensor))
        case (nil, nil, let path?, nil):
            do throws(OpenInferenceError) { return .body(.path(try RedactionPath(path))) } catch {
                throw table.invalid("path", "is not read: \(error.message)", remedy: error.remedy)
            }
        case (nil, nil, nil, let header?): return .header(NamePattern(header.lowercased()))
        default:
            throw RedactionFileError(
                "a rule is about \(tensor == nil && path == nil && header == nil ? "nothing" : "several things")",
                remedy: "Give it a tensor, a column, both, a path or a header"
            )
        }
    }

    private static func contents(of path: String, key: String) throws(SettingsError) -> [UInt8] {
        do throws(JournalError) { return try WholeFile.read(path, limit: 1 << 20) } catch {
            throw SettingsError(.file, key: key, "\(path): \(error.message)", remedy: error.remedy)
        }
    }
}

/// A file of rules that is not one.
package struct RedactionFileError: Error, Sendable, TOMLReadingFailure {
    /// What is wrong, and where.
    package var message: String
    /// What to do next.
    package var remedy: String

    package init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    package init(_ error: TOMLError) {
        self.init(error.message, remedy: error.remedy)
    }
}
