/// The header fields that this package looks at; every other one is carried and never read.
///
/// Recognised once while a head is scanned, so that later questions compare one byte.
package enum FieldName: UInt8, Sendable {
    case other
    case connection, keepAlive, proxyConnection, te, trailer, transferEncoding, upgrade
    case acceptEncoding, contentLength, contentType, contentEncoding, expect, host
    case requestID, seldonPuid, seldonSkipLogging, tapMark, traceparent
    case eventID, eventRequestID, eventCorrelationID, inferenceHeaderContentLength, authorization
    case grpcStatus, grpcMessage

    /// The field named by `bytes`, compared without regard to case.
    init(_ bytes: UnsafeRawBufferPointer.SubSequence) {
        self = .other
        for (name, field) in Self.spellings[min(bytes.count, Self.longest + 1)]
        where Self.matches(bytes, name) {
            self = field
            return
        }
    }

    /// The field called `name`, compared without regard to case.
    package init(_ name: String) {
        var name = name
        self = name.withUTF8 { FieldName(UnsafeRawBufferPointer($0)[...]) }
    }

    /// Fields that speak about one connection and are never passed on as they are (RFC 9110, section 7.6.1).
    package var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .upgrade: true
        default: false
        }
    }

    private static let longest = 31

    /// Spellings in lower case by their length; the last entry stays empty for longer names.
    private static let spellings: [[(name: [UInt8], field: FieldName)]] = {
        let all: [(String, FieldName)] = [
            ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection),
            ("te", .te), ("trailer", .trailer), ("transfer-encoding", .transferEncoding), ("upgrade", .upgrade),
            ("accept-encoding", .acceptEncoding), ("content-length", .contentLength),
            ("content-type", .contentType), ("content-encoding", .contentEncoding), ("expect", .expect),
            ("host", .host),
            ("x-request-id", .requestID), ("seldon-puid", .seldonPuid),
            ("seldon-skip-logging", .seldonSkipLogging), ("vedette-tap", .tapMark), ("traceparent", .traceparent),
            ("ce-id", .eventID), ("ce-requestid", .eventRequestID), ("ce-correlationid", .eventCorrelationID),
            ("inference-header-content-length", .inferenceHeaderContentLength), ("authorization", .authorization),
            ("grpc-status", .grpcStatus), ("grpc-message", .grpcMessage),
        ]
        var table = [[(name: [UInt8], field: FieldName)]](repeating: [], count: 33)
        for (name, field) in all { table[name.utf8.count].append((Array(name.utf8), field)) }
        return table
    }()

    private static func matches(_ bytes: UnsafeRawBufferPointer.SubSequence, _ lowercased: [UInt8]) -> Bool {
        var index = bytes.startIndex
        for expected in lowercased {
            var byte = bytes[index]
            if byte >= 0x41, byte <= 0x5A { byte |= 0x20 }
            guard byte == expected else { return false }
            index += 1
        }
        return true
    }
}
