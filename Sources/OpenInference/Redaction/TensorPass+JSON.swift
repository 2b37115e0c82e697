import CloudEvents
import JSON
import Tensors

/// The members in which one dialect or another has its values.
extension TensorPass {
    /// The JSON part of a body, redacted.
    ///
    /// - Parameter tail: The binary tensors that follow it; redacted with it.
    mutating func redacted(_ json: UnsafeRawBufferPointer, tail: inout [UInt8]) throws -> [UInt8] {
        text = json
        var reader = JSONReader(json)
        var binary = BinaryTail(tail)
        switch try reader.peek() {
        case .array:
            // MLflow's answers may be bare.
            if try redactTable(&reader, "predictions") { throw RedactionRefusal.ruled }
        case .object:
            let isKnown = try redactMembers(&reader, &binary)
            guard isKnown else { throw RedactionRefusal.unreadable }
        default: throw RedactionRefusal.unreadable
        }
        try reader.finish()
        try checkLocated()
        tail = try binary.finished()
        return edits.applied(to: json)
    }

    /// - Returns: Whether there was a member that a dialect has.
    private mutating func redactMembers(
        _ reader: inout JSONReader,
        _ binary: inout BinaryTail
    ) throws -> Bool {
        var isKnown = false
        var seen: Set<String> = []
        var members: [(end: Int, isRemoved: Bool)] = []
        try reader.beginObject()
        let start = reader.position
        while let name = try reader.nextKey() {
            let isRemoved = try redactMember(name, &reader, &binary)
            if isRemoved != nil {
                isKnown = true
                // Whichever of two a reader takes, the other would be somebody's find.
                guard seen.insert(name).inserted else { throw RedactionRefusal.unreadable }
            } else {
                try reader.skipValue()
            }
            members.append((reader.position, isRemoved ?? false))
        }
        edits.remove(from: start, members, in: text)
        return isKnown
    }

    /// - Returns: Whether the member goes; nil, and nothing is read, where no dialect has it.
    private mutating func redactMember(
        _ name: String,
        _ reader: inout JSONReader,
        _ binary: inout BinaryTail
    ) throws -> Bool? {
        switch name {
        case "inputs", "outputs":
            guard try BodyKind.isTensorList(reader) else { return try redactTable(&reader, name) }
            try redactTensorList(&reader, &binary)
            return false
        case "instances", "predictions", "examples", "context", "dataframe_records", "jsonData":
            return try redactTable(&reader, name)
        case "result", "results": return try redactResult(&reader, name)
        case "dataframe_split": return try redactSplit(&reader)
        case "data":
            if try reader.peek() == .object { return try redactSeldonData(&reader) }
            return try redactObjects(&reader) { member in member == "embedding" ? "embedding" : nil }
        case "binData": return try redactBase64(&reader, name)
        case "input" where try Self.isConversation(reader), "messages": return try redactMessages(&reader)
        case "customData": return try redactCustomData(&reader, name)
        case "strData", "prompt", "input", "text_input", "text_output":
            return try redactWhole(&reader, name)
        case "choices": return try redactChoices(&reader)
        case "usage":
            try redactNamed(&reader) { "usage.\($0)" }
            return false
        default: return nil
        }
    }

    /// What ``SeldonCustomData`` reads: tensors of their own names, also one level down, or one that is called as the
    /// member is.
    private mutating func redactCustomData(_ reader: inout JSONReader, _ name: String) throws -> Bool {
        let plan = plan(for: name)
        guard plan.whole == nil else { return try redactWhole(&reader, name) }
        switch SeldonCustomData.kind(of: reader) {
        case nil: return try redactTable(&reader, name)
        case .tensorProto?:
            // Its columns are nowhere in its text.
            guard plan.columns.isEmpty else { throw RedactionRefusal.unreadable }
            try reader.skipValue()
        case .some:
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard key == "value" else {
                    try reader.skipValue()
                    continue
                }
                // Without the member nothing could be read, so what should go is emptied where it stands.
                if try redactTable(&reader, name) { throw RedactionRefusal.unreadable }
            }
        }
        return false
    }

    /// Covers a value that is one tensor by its name.
    ///
    /// - Parameter table: The table that it is a column of, which column, and whether the value is but one row of it.
    /// - Returns: Whether it goes.
    mutating func redactWhole(
        _ reader: inout JSONReader,
        _ name: String,
        in table: (name: String, place: Int, isRow: Bool)? = nil
    ) throws -> Bool {
        let plan = plan(for: name, in: table?.name, at: table?.place)
        if let rule = plan.whole {
            guard rules[rule].action == .drop else {
                try cover(&reader, rule)
                return false
            }
            try reader.skipValue()
            counts[rule] += 1
            return true
        }
        if plan.columns.isEmpty {
            try reader.skipValue()
        } else {
            _ = try coverColumns(&reader, plan, width: table?.isRow ?? false ? Self.oneRow : nil)
        }
        return false
    }

    /// Covers the members of an object, each a tensor.
    ///
    /// - Parameters:
    ///   - table: The table whose columns they are, where they are such.
    ///   - isRow: Whether the object is one row of it.
    mutating func redactNamed(
        _ reader: inout JSONReader,
        in table: String? = nil,
        isRow: Bool = false,
        _ name: (String) -> String?
    ) throws {
        var members: [(end: Int, isRemoved: Bool)] = []
        try reader.beginObject()
        let start = reader.position
        while let key = try reader.nextKey() {
            var isRemoved = false
            if let tensor = name(key) {
                let column = (name: table ?? "", place: table == nil ? -1 : members.count, isRow: isRow)
                isRemoved = try redactWhole(&reader, tensor, in: table == nil && !isRow ? nil : column)
            } else {
                try reader.skipValue()
            }
            members.append((reader.position, isRemoved))
        }
        edits.remove(from: start, members, in: text)
    }

    /// Covers members of each object in an array.
    ///
    /// - Returns: False: the array stays.
    private mutating func redactObjects(
        _ reader: inout JSONReader,
        _ name: (String) -> String?
    ) throws -> Bool {
        try reader.beginArray()
        while try reader.nextElement() { try redactNamed(&reader, isRow: true, name) }
        return false
    }

    /// Bytes in base64, which stay such.
    private mutating func redactBase64(_ reader: inout JSONReader, _ name: String) throws -> Bool {
        guard let rule = plan(for: name).whole, rules[rule].action != .drop, try reader.peek() == .string else {
            return try redactWhole(&reader, name)
        }
        let start = reader.position
        let text = try reader.readStringBytes()
        let standIn = standIn(rule).text(Base64.decode(text) ?? text)
        edits.replace(start..<reader.position, with: Array("\"\(Base64.encode(standIn))\"".utf8))
        counts[rule] += 1
        return false
    }

    // MARK: Generated text

    private static func isConversation(_ start: JSONReader) throws -> Bool {
        var reader = start
        guard try reader.peek() == .array else { return false }
        try reader.beginArray()
        return try reader.nextElement() && reader.peek() == .object
    }

    /// All that a message holds but its role is its content: parts, tool calls, whatever comes.
    private mutating func redactMessages(_ reader: inout JSONReader) throws -> Bool {
        try redactObjects(&reader) { $0 == "role" ? "messages.role" : "messages.content" }
    }

    private mutating func redactChoices(_ reader: inout JSONReader) throws -> Bool {
        try reader.beginArray()
        while try reader.nextElement() {
            var members: [(end: Int, isRemoved: Bool)] = []
            try reader.beginObject()
            let start = reader.position
            while let key = try reader.nextKey() {
                var isRemoved = false
                switch key {
                case "index": try reader.skipValue()
                case "finish_reason": isRemoved = try redactWhole(&reader, "choices.finish_reason")
                case "message" where try reader.peek() == .object, "delta" where try reader.peek() == .object:
                    try redactNamed(&reader) { $0 == "role" ? nil : "choices.content" }
                default: isRemoved = try redactWhole(&reader, "choices.content")
                }
                members.append((reader.position, isRemoved))
            }
            edits.remove(from: start, members, in: text)
        }
        return false
    }
}
