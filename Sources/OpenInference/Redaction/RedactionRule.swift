/// What is done to the values of a tensor, a column or a place in JSON before anybody is told of them.
package struct RedactionRule: Sendable, Hashable {
    /// What becomes of a value, the milder first: where several rules meet, the strictest counts.
    package enum Action: String, Sendable, CaseIterable, Comparable {
        /// A keyed hash takes its place: equal values stay equal, and nobody without the key finds the value.
        case hash
        /// A constant of the same kind takes its place.
        case mask
        /// It goes away, or leaves an empty place where places count.
        case drop

        package static func < (left: Action, right: Action) -> Bool { left.strictness < right.strictness }

        private var strictness: Int {
            switch self {
            case .hash: 0
            case .mask: 1
            case .drop: 2
            }
        }
    }

    /// Which column of a tensor.
    package enum Column: Sendable, Hashable {
        /// By its name in the body: a column of a table, or a tensor that is a column.
        case name(String)
        /// By its place among the elements of a row, from 0.
        case index(Int)
    }

    /// What the rule is about.
    package enum Target: Sendable, Hashable {
        /// All elements of the tensors that are so named.
        case tensor(NamePattern)
        /// One column, of the tensors that are so named where a name is given.
        case column(Column, of: NamePattern?)
        /// Places in JSON.
        case path(RedactionPath)
    }

    package var target: Target
    package var action: Action

    package init(_ target: Target, _ action: Action) {
        self.target = target
        self.action = action
    }

    var path: RedactionPath? { if case .path(let path) = target { path } else { nil } }
}

/// A name, or the beginning of names: `x-team-*`, `loans`, `*`.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// As it was written.
    package let description: String
    private let text: String
    private let isPrefix: Bool

    package init(_ description: String) {
        self.description = description
        isPrefix = description.hasSuffix("*")
        text = isPrefix ? String(description.dropLast()) : description
    }

    package init(stringLiteral text: String) { self.init(text) }

    /// Whether a name is meant.
    package func matches(_ name: String) -> Bool { isPrefix ? name.hasPrefix(text) : name == text }

    /// Whether every name is.
    var matchesAll: Bool { isPrefix && text.isEmpty }
}
