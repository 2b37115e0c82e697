import JSON

/// Answers that came in pieces, put together again.
extension GeneratedText {
    /// The whole answer that the pieces of a stream make: texts in order, and the last of what is told once.
    static func joined(_ pieces: [JSONValue]) -> JSONValue {
        var whole: JSONObject = [:]
        var choices: [Int: Choice] = [:]
        var output: String?
        for piece in pieces {
            for (name, value) in piece.object ?? [:] where name != "choices" && name != "text_output" && value != .null
            {
                whole[name] = value
            }
            if let text = piece["text_output"]?.string { output = (output ?? "") + text }
            for (place, choice) in (piece["choices"]?.array ?? []).enumerated() {
                choices[choice["index"]?.int ?? place, default: Choice()].append(choice)
            }
        }
        if let output { whole["text_output"] = .string(output) }
        if !choices.isEmpty {
            whole["choices"] = .array(choices.sorted { $0.key < $1.key }.map { $0.value.json($0.key) })
        }
        return .object(whole)
    }

    /// One choice of a stream.
    private struct Choice {
        private var text = ""
        private var isChat = false
        private var reason: JSONValue?

        mutating func append(_ piece: JSONValue) {
            if let delta = piece["delta"] ?? piece["message"] {
                isChat = true
                text += delta["content"]?.string ?? ""
            }
            text += piece["text"]?.string ?? ""
            if let reason = piece["finish_reason"], reason != .null { self.reason = reason }
        }

        func json(_ index: Int) -> JSONValue {
            var choice: JSONObject = ["index": .integer(Int64(index))]
            if isChat { choice["message"] = ["content": .string(text)] } else { choice["text"] = .string(text) }
            choice["finish_reason"] = reason
            return .object(choice)
        }
    }
}
