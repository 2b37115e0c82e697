import ServiceKit

/// What follows `?` in a request, as far as explanations know it: `target` and `picture`.
struct QueryText {
    private var values: [String: String] = [:]

    init(_ query: String?) {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first?.removingPercentEscapes else { continue }
            values[name] = parts.count == 2 ? parts[1].removingPercentEscapes ?? String(parts[1]) : ""
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// The output to explain; nil where the request leaves it to the explainer.
    ///
    /// - Throws: ``ServiceError`` 400 for what is no index.
    var target: Int? {
        get throws {
            guard let text = values["target"] else { return nil }
            guard let target = Int(text), target >= 0 else {
                throw ServiceError(.badRequest, "target is \(text)", remedy: "Give the index of an output, from 0")
            }
            return target
        }
    }

    /// Whether the attribution is to be drawn.
    ///
    /// - Throws: ``ServiceError`` 400 for a kind of picture that there is not.
    var wantsPicture: Bool {
        get throws {
            guard let kind = values["picture"] else { return false }
            guard kind == "svg" else {
                throw ServiceError(.badRequest, "picture is \(kind)", remedy: "Ask for picture=svg")
            }
            return true
        }
    }
}
