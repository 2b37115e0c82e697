import CloudEvents
import EventStore
import OpenInference
import ServiceKit

/// Which rows the requests on record have.
enum RecordedRows {
    /// The exchanges that a reference may mean: those with its row, and those of whose rows nobody knows.
    ///
    /// - Parameter paths: Where the tensors are in bodies that follow no dialect.
    /// - Throws: ``ServiceError`` 404 where each of them is known to have fewer rows.
    static func having(
        _ reference: RowReference,
        among exchanges: [Exchange],
        _ paths: PayloadMappings
    ) throws -> [Exchange] {
        guard let row = reference.row else { return exchanges }
        var most = 0
        let found = exchanges.filter { exchange in
            guard let rows = count(exchange, paths) else { return true }
            most = max(most, rows)
            return row < rows
        }
        guard found.isEmpty else { return found }
        throw ServiceError(
            .notFound,
            "the request '\(reference.requestID.prefix(160))' has \(most) rows and no row \(row)",
            remedy: most > 0 ? "Its rows are 0 to \(most - 1)" : "Ask about the whole request, without #\(row)"
        )
    }

    /// How many rows an exchange has; nil where neither half tells it: not on record, cut, or of no dialect.
    private static func count(_ exchange: Exchange, _ paths: PayloadMappings) -> Int? {
        let decoder = paths.decoder(for: exchange.key.model)
        for half in [exchange.request, exchange.response] {
            guard let event = half?.event, event.data != nil, event[extension: "truncated"] == nil,
                let rows = try? decoder.decode(event).rows
            else { continue }
            return rows
        }
        return nil
    }
}
