import EventStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C client of PostgreSQL, `libpq` 5, opened when a process first needs it and never before: a logger that keeps its
/// record in a file needs no such library.
///
/// Its functions have had these signatures since PostgreSQL 9; connections and results are opaque to us, so no header is
/// needed, and no layout of a struct can be got wrong.
struct PostgreSQLLibrary: Sendable {
    typealias Handle = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias Texts = UnsafePointer<Text?>
    typealias TextOf = @convention(c) (Handle?) -> Text?
    typealias IntegerOf = @convention(c) (Handle?) -> Int32
    typealias Free = @convention(c) (Handle?) -> Void
    typealias Connect = @convention(c) (Texts, Texts, Int32) -> Handle?
    typealias Execute =
        @convention(c) (
            Handle?, Text, Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?,
            UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
        ) -> Handle?
    typealias ExecutePlain = @convention(c) (Handle?, Text) -> Handle?
    typealias ErrorField = @convention(c) (Handle?, Int32) -> Text?
    typealias Value = @convention(c) (Handle?, Int32, Int32) -> UnsafePointer<CChar>?
    typealias IntegerAt = @convention(c) (Handle?, Int32, Int32) -> Int32
    typealias PutCopyData = @convention(c) (Handle?, UnsafePointer<CChar>?, Int32) -> Int32
    typealias PutCopyEnd = @convention(c) (Handle?, Text?) -> Int32
    typealias NextResult = @convention(c) (Handle?) -> Handle?
    typealias ColumnName = @convention(c) (Handle?, Int32) -> Text?

    /// `CONNECTION_OK`.
    static let connected: Int32 = 0
    /// `PGRES_COMMAND_OK`, `PGRES_TUPLES_OK` and `PGRES_COPY_IN`.
    static let commandDone: Int32 = 1
    static let rowsGiven: Int32 = 2
    static let copyingIn: Int32 = 4
    /// `PG_DIAG_SQLSTATE`.
    static let sqlState = Int32(UInt8(ascii: "C"))

    let connect: Connect
    let status: IntegerOf
    let errorMessage: TextOf
    let finish: Free
    let execute: Execute
    let executePlain: ExecutePlain
    let resultStatus: IntegerOf
    let resultError: TextOf
    let resultErrorField: ErrorField
    let rowCount: IntegerOf
    let columnCount: IntegerOf
    let columnName: ColumnName
    let value: Value
    let isNull: IntegerAt
    let length: IntegerAt
    let clear: Free
    let putCopyData: PutCopyData
    let putCopyEnd: PutCopyEnd
    let nextResult: NextResult

    /// The library of this process.
    static let shared: Result<PostgreSQLLibrary, EventStoreError> = {
        do throws(EventStoreError) { return .success(try PostgreSQLLibrary()) } catch { return .failure(error) }
    }()

    private init() throws(EventStoreError) {
        let names = ["libpq.so.5", "libpq.5.dylib", "/opt/homebrew/opt/libpq/lib/libpq.5.dylib"]
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
            throw EventStoreError(
                .unavailable,
                "store.url names a PostgreSQL, and libpq is not on this machine",
                remedy: "Install it: `apt-get install libpq5` on Debian, `brew install libpq` on macOS"
            )
        }
        func symbol<Function>(_ name: String, as type: Function.Type = Function.self) throws(EventStoreError)
            -> Function
        {
            guard let address = dlsym(library, name) else {
                throw EventStoreError(
                    .unavailable,
                    "this machine's libpq has no \(name)",
                    remedy: "Install libpq of PostgreSQL 10 or newer"
                )
            }
            return unsafeBitCast(address, to: type)  // the signature is that of libpq-fe.h
        }
        connect = try symbol("PQconnectdbParams")
        status = try symbol("PQstatus")
        errorMessage = try symbol("PQerrorMessage")
        finish = try symbol("PQfinish")
        execute = try symbol("PQexecParams")
        executePlain = try symbol("PQexec")
        resultStatus = try symbol("PQresultStatus")
        resultError = try symbol("PQresultErrorMessage")
        resultErrorField = try symbol("PQresultErrorField")
        rowCount = try symbol("PQntuples")
        columnCount = try symbol("PQnfields")
        columnName = try symbol("PQfname")
        value = try symbol("PQgetvalue")
        isNull = try symbol("PQgetisnull")
        length = try symbol("PQgetlength")
        clear = try symbol("PQclear")
        putCopyData = try symbol("PQputCopyData")
        putCopyEnd = try symbol("PQputCopyEnd")
        nextResult = try symbol("PQgetResult")
    }
}
