import CloudEvents
import EventStore
import OpenInference
import ServiceKit
import Tensors

/// The rows of a model's exchanges, newest exchange first, with the columns of the newest that can be read.
///
/// Exchanges with other columns are left out, and counted: a file has one set of them.
struct RowExport: Sendable {
    private let store: any EventStore
    private let query: ExchangeQuery
    private let limit: Int
    private let paths: PayloadMappings
    private let inputs: [ExchangeRows.Column]
    private let outputs: [ExchangeRows.Column]

    /// How many exchanges are read to find one that can be read, and an answer.
    private static let tryLimit = 200
    /// How many are in memory at a time: a picture of one may take megabytes.
    private static let pageSize = 25
    /// How many bytes of the disk, which is the record's too, an array may take.
    private static let largestArray = 2 << 30

    /// - Throws: ``ServiceError`` `.notFound` where no exchange can be read.
    init(_ store: any EventStore, _ query: ExchangeQuery, limit: Int, _ paths: PayloadMappings) async throws {
        self.store = store
        self.limit = limit
        self.paths = paths
        var query = query
        query.limit = Self.pageSize
        self.query = query
        var (inputs, outputs): ([ExchangeRows.Column], [ExchangeRows.Column]) = ([], [])
        var looked = 0
        // The newest may still wait for its answer, or have failed.
        while looked < Self.tryLimit, inputs.isEmpty || outputs.isEmpty {
            let page = try await store.exchanges(query)
            for exchange in page.items where inputs.isEmpty || outputs.isEmpty {
                let content = ExchangeRows(exchange, paths)
                if inputs.isEmpty, content.count > 0 { inputs = content.inputColumns }
                if !inputs.isEmpty, content.inputColumns == inputs { outputs = content.outputColumns }
            }
            looked += page.items.count
            guard let next = page.next else { break }
            query.cursor = next
        }
        guard !inputs.isEmpty else {
            throw ServiceError(
                .notFound,
                "no exchange of this model and time has rows that can be read",
                remedy: "GET /v1/exchanges shows what is there; payloads are deleted after retention.payloads.age"
            )
        }
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Hands out the rows, a page of exchanges at a time, until there are no more or enough.
    ///
    /// - Returns: How many exchanges were left out.
    func forEachPage(_ body: ([(Exchange, ExchangeRow)]) async throws -> Void) async throws -> Int {
        var (query, left, leftOut) = (query, limit, 0)
        while left > 0 {
            let page = try await store.exchanges(query)
            var rows: [(Exchange, ExchangeRow)] = []
            for exchange in page.items {
                let content = ExchangeRows(exchange, paths)
                guard content.count > 0, content.inputColumns == inputs,
                    outputs.isEmpty || content.outputColumns.isEmpty || content.outputColumns == outputs
                else {
                    leftOut += 1
                    continue
                }
                for row in 0..<min(left, content.count) { rows.append((exchange, ExchangeRow(content, row))) }
                left -= min(left, content.count)
            }
            if !rows.isEmpty { try await body(rows) }
            guard let next = page.next else { break }
            query.cursor = next
        }
        return leftOut
    }

    /// One row of what an exchange holds.
    struct ExchangeRow: Sendable {
        fileprivate let content: ExchangeRows
        fileprivate let row: Int

        fileprivate init(_ content: ExchangeRows, _ row: Int) {
            self.content = content
            self.row = row
        }
    }

    // MARK: CSV

    private static let facts = [
        "requestid", "row", "time", "namespace", "model", "version", "status", "latency_ms", "flags",
    ]

    /// The names of the columns; those of answers begin with `answer.`.
    var csvHeader: String {
        let names = Self.facts + inputs.map(\.name) + outputs.map { "answer.\($0.name)" }
        return names.map(Self.field).joined(separator: ",") + "\r\n"
    }

    /// RFC 4180, with empty fields for what is not there.
    func appendCSV(_ exchange: Exchange, _ row: ExchangeRow, to text: inout String) {
        var fields = [
            exchange.key.requestID, String(row.row), exchange.time.rfc3339, exchange.key.namespace, exchange.key.model,
            exchange.version ?? "", exchange.statusCode.map { String($0) } ?? "",
            exchange.latencyMilliseconds.map { "\($0)" } ?? "", exchange.flags.joined(separator: " "),
        ]
        for column in inputs + outputs {
            fields.append(row.content.text(column, row: row.row) ?? "")
        }
        text += fields.map(Self.field).joined(separator: ",") + "\r\n"
    }

    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        // By scalars: with an accent behind it a quote is another character, and would not be doubled.
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append("\"")
        return quoted
    }

    // MARK: An array

    /// Writes the numbers of all rows, row by row, in the least type that holds all columns; NaN where there is none, as
    /// for a row without an answer, so that the same row of both parts is of the same request.
    ///
    /// - Returns: The header that goes before them, and how many exchanges were left out.
    /// - Throws: ``ServiceError`` `.badRequest` where a column holds texts or the array is too large, `.notFound` where
    ///   there are no columns.
    func writeArray(ofOutputs isOutput: Bool, to file: ScratchFile) async throws -> (header: [UInt8], leftOut: Int) {
        let columns = isOutput ? outputs : inputs
        guard !columns.isEmpty else {
            throw ServiceError(.notFound, "no answer can be read", remedy: "Ask for part=inputs")
        }
        if let text = columns.first(where: { $0.numbers == nil }) {
            throw ServiceError(
                .badRequest,
                "the column '\(text.name.prefix(80))' holds texts, which an array of numbers cannot",
                remedy: "Export rows.csv"
            )
        }
        let isSingle = columns.allSatisfy { $0.numbers == .single }
        var (count, written) = (0, 0)
        let leftOut = try await forEachPage { page in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(page.count * columns.count * 8)
            for (_, row) in page {
                let values = columns.map { column -> Double in
                    guard case .number(let value)? = row.content.value(column, row: row.row) else { return .nan }
                    return value
                }
                count += 1
                for value in values {
                    if isSingle {
                        withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bytes += $0 }
                    } else {
                        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
                    }
                }
            }
            written += bytes.count
            guard written <= Self.largestArray else {
                throw ServiceError(
                    .badRequest,
                    "the array has more than \(Self.largestArray) bytes",
                    remedy: "Ask for fewer rows by limit, or for a shorter time; rows.csv has no bound"
                )
            }
            try file.append(bytes)
            try Task.checkCancellation()
        }
        let type: ElementType = isSingle ? .float32 : .float64
        return (try NPY.header(of: type, shape: [count, columns.count]), leftOut)
    }
}
