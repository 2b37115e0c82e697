/// Places in a JSON text, as a part of RFC 9535 writes them: `$.user.email`, `$.rows[*][3]`, `$..ssn`.
///
/// Names, indices, wildcards and descendants, as many as one likes; slices and filters are refused.
package struct RedactionPath: Sendable, Hashable, CustomStringConvertible {
    struct Step: Sendable, Hashable {
        /// Whether any number of levels may lie between.
        let isDeep: Bool
        let step: JSONPath.Step
    }

    let steps: [Step]
    /// The path as it was written.
    package let description: String

    /// Reads a path.
    ///
    /// - Throws: `.malformed` with the place where it stops being one that is read.
    package init(_ text: String) throws(OpenInferenceError) {
        description = text
        var rest = Substring(text)
        guard rest.popFirst() == "$" else { throw JSONPath.fault(text, "it does not begin with $") }
        var steps: [Step] = []
        while let first = rest.popFirst() {
            switch first {
            case ".":
                let isDeep = rest.first == "."
                if isDeep { rest.removeFirst() }
                if isDeep, rest.first == "[" {
                    rest.removeFirst()
                    steps.append(Step(isDeep: true, step: try JSONPath.bracket(&rest, text)))
                } else {
                    steps.append(Step(isDeep: isDeep, step: try JSONPath.name(&rest, text)))
                }
            case "[": steps.append(Step(isDeep: false, step: try JSONPath.bracket(&rest, text)))
            default: throw JSONPath.fault(text, "\"\(first)\" where . or [ should be")
            }
        }
        self.steps = steps
    }
}

/// Where the walk through a JSON text stands in the paths of some rules.
struct PathProgress {
    /// For each path that may still match: which, and how many of its steps have been taken.
    private var open: [(rule: Int, taken: Int)] = []
    /// The paths that end here.
    private(set) var matched: [Int] = []
    private let paths: [(rule: Int, path: RedactionPath)]

    /// At the root.
    init(_ paths: [(rule: Int, path: RedactionPath)]) {
        self.paths = paths
        for (place, (rule, path)) in paths.enumerated() {
            if path.steps.isEmpty { matched.append(rule) } else { open.append((place, 0)) }
        }
    }

    /// Whether nothing below can match.
    var isOver: Bool { open.isEmpty }

    /// Whether an index from the end is asked for, so that elements have to be counted.
    var countsFromEnd: Bool {
        open.contains { place, taken in
            if case .index(let index) = paths[place].path.steps[taken].step { index < 0 } else { false }
        }
    }

    /// The progress at a member of an object.
    func member(_ name: String) -> PathProgress {
        child { step in
            switch step {
            case .name(let wanted): wanted == name
            case .all: true
            case .index: false
            }
        }
    }

    /// The progress at an element of an array.
    ///
    /// - Parameter count: How many there are, where ``countsFromEnd`` asks for it.
    func element(_ index: Int, of count: Int) -> PathProgress {
        child { step in
            switch step {
            case .index(let wanted): wanted == index || wanted < 0 && wanted + count == index
            case .all: true
            case .name: false
            }
        }
    }

    private func child(_ matches: (JSONPath.Step) -> Bool) -> PathProgress {
        var child = self
        child.open = []
        child.matched = []
        for (place, taken) in open {
            let path = paths[place].path
            if path.steps[taken].isDeep { child.open.append((place, taken)) }
            guard matches(path.steps[taken].step) else { continue }
            if taken + 1 == path.steps.count {
                child.matched.append(paths[place].rule)
            } else {
                child.open.append((place, taken + 1))
            }
        }
        return child
    }
}
