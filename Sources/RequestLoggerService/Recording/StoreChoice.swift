import EventStore
import PostgreSQLEventStore
import SQLiteEventStore
import ServiceKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The PostgreSQL that keeps the record.
package struct StoreAddress: SettingValue, Hashable {
    fileprivate let text: String

    package static var settingKind: String {
        "a postgresql:// address without a password, which belongs into store.password.file"
    }

    package init?(settingText: String) {
        guard PostgreSQLAddress(settingText) != nil else { return nil }
        text = settingText
    }

    package var settingText: String { text }
}

/// Opens the store that the settings name.
enum StoreChoice {
    /// - Parameters:
    ///   - address: The PostgreSQL, or nil for a file in the state directory.
    ///   - passwordFile: The file that holds its password.
    /// - Throws: `StartError` with exit code 69 when the store cannot be opened or written.
    static func open(
        _ address: StoreAddress?,
        passwordFile: String?,
        stateDirectory: String
    ) throws -> any EventStore {
        do {
            guard let address else { return try SQLiteEventStore(path: "\(stateDirectory)/store.sqlite") }
            let password = try passwordFile.map { try SecretFile.first(in: $0) }
            guard let server = PostgreSQLAddress(address.text, password: password) else {
                preconditionFailure("a setting that was checked")
            }
            return try PostgreSQLEventStore(server, logger: try name(in: stateDirectory))
        } catch let error as SettingsError {
            throw error
        } catch let error as EventStoreError {
            throw StartError(.unavailable, code: error.code.name, error.message, remedy: error.remedy)
        } catch {
            throw StartError(
                .unavailable,
                code: EventStoreError.Code.unavailable.name,
                "a file that the store needs cannot be used: \(error)",
                remedy: "See that state.directory can be written"
            )
        }
    }

    /// What tells this logger's journal from those of others: made once, and kept beside the journal.
    private static func name(in directory: String) throws -> String {
        let path = "\(directory)/logger-name"
        if let name = try? String(contentsOfFile: path, encoding: .utf8).trimmed, !name.isEmpty { return name }
        let name = UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(name.utf8).write(to: URL(filePath: path), options: .atomic)
        return name
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
