import CloudEvents
import JSON

/// A request of TF-Serving's REST interface, which KServe's version 1 shares.
package struct TensorFlowServingRequest: Sendable {
    /// What the model is asked to do.
    package enum Verb: String, Sendable, CaseIterable {
        case predict, classify, regress
    }

    /// What it asks about; a tensor that has no name of its own is called after its member.
    package let tensors: [NamedTensor]
    /// `inputs`, `instances` or `examples`.
    package let member: String
    /// The signature that it names.
    package let signature: String?

    /// Whether the answer goes by columns, `outputs`, and not by rows, `predictions`.
    package var isColumnar: Bool { member == "inputs" }
    /// The tensor without a name of its own, where there is no other.
    package var unnamed: NamedTensor? { tensors.count == 1 && tensors[0].name == member ? tensors[0] : nil }

    /// Reads a body.
    ///
    /// - Throws: `.missingField` where neither rows nor columns are there; `.malformed` where both are.
    package init(
        decoding data: [UInt8],
        _ verb: Verb,
        limits: PayloadLimits = .standard
    ) throws(OpenInferenceError) {
        let body = try Compression.inflatedIfCompressed(data, limit: limits.inflatedBytes)
        let known = verb == .predict ? ["instances", "inputs"] : ["examples"]
        var found: [String] = []
        var signature: String?
        try body.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            try reader.readMembers("the message") { key, reader throws(OpenInferenceError) in
                if key == "signature_name" {
                    signature = try reader.readString("\"signature_name\"")
                } else {
                    if known.contains(key) { found.append(key) }
                    try reader.skip("\"\(key.prefix(64))\"")
                }
            }
        }
        guard let member = found.first else {
            throw OpenInferenceError(
                .missingField,
                "the request has no \(known.joined(separator: " and no "))",
                remedy: verb == .predict ? "Send rows as instances or columns as inputs" : "Send a list of examples"
            )
        }
        guard found.count == 1 else {
            throw OpenInferenceError(
                .malformed,
                "the request has \(found.joined(separator: " and "))",
                remedy: "Send rows as instances, or columns as inputs"
            )
        }
        tensors = try body.withRawBytes { bytes throws(OpenInferenceError) in
            var reader = JSONReader(bytes)
            return try TensorFlowServingPayload.decode(&reader, member: member, dialect: .tensorFlowServing, limits)
        }.tensors
        self.member = member
        self.signature = signature
    }
}
