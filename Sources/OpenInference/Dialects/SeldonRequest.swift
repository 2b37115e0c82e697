import CloudEvents
import JSON
import Tensors

/// A request of Seldon Core's protocol, version 1.
package struct SeldonRequest: Sendable {
    /// How the data are written, in which the answer is written too.
    package enum Form: String, Sendable, CaseIterable {
        case ndarray, tensor, tftensor, strData, binData, jsonData
    }

    /// What it asks about.
    package let tensors: [NamedTensor]
    /// How the data are written.
    package let form: Form
    /// `meta.puid`, which the answer has too.
    package let puid: String?

    /// The one array of the request, which is called `data` whatever its model calls it.
    package var array: NamedTensor? { tensors.count == 1 && tensors[0].name == "data" ? tensors[0] : nil }
    /// What the client calls the columns of the array.
    package var names: [String] { array?.parameters["names"]?.array?.compactMap(\.string) ?? [] }

    /// Reads a body.
    ///
    /// - Throws: An ``OpenInferenceError`` that names the member.
    package init(decoding data: [UInt8], limits: PayloadLimits = .standard) throws(OpenInferenceError) {
        let body = try Compression.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        let payload = try body.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            return try SeldonPayload.decode(&reader, role: .request, limits)
        }
        tensors = payload.tensors
        puid = payload.id
        form = try body.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            return try Self.form(&reader)
        }
    }

    private static func form(_ reader: inout JSONReader) throws(OpenInferenceError) -> Form {
        var found: Form?
        try reader.readMembers("the message") { key, reader throws(OpenInferenceError) in
            guard key == "data" else {
                found = found ?? Form(rawValue: key)
                return try reader.skip("\"\(key.prefix(64))\"")
            }
            try reader.readMembers("\"data\"") { key, reader throws(OpenInferenceError) in
                found = found ?? Form(rawValue: key)
                try reader.skip("\"data.\(key.prefix(64))\"")
            }
        }
        return found ?? .ndarray
    }
}
