import JSON

extension ExchangeIdentity.BodyHints {
    /// What the JSON object at the beginning of a body says about its exchange; nothing where there is none.
    ///
    /// Values are passed over, and nothing is read once model and version are known: what follows, as binary tensors do,
    /// may be anything.
    package init(scanning body: [UInt8]) {
        self.init()
        guard body.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return }
        body.withUnsafeBytes { buffer in
            var reader = JSONReader(buffer)
            // An error ends what can be read; what stood before it counts.
            try? scan(&reader)
        }
    }

    private mutating func scan(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while modelName == nil || modelVersion == nil, let key = try reader.nextKey() {
            switch key {
            case "id": id = try reader.readValue().string
            case "model_name": modelName = try reader.readValue().string
            case "model_version": modelVersion = try reader.readValue().string
            default: try reader.skipValue()
            }
        }
    }
}
