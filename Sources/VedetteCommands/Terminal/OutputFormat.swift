import ArgumentParser

/// How a command prints its result.
package enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// For people.
    case table
    /// One JSON object a line.
    case json
}
