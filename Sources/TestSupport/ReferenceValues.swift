package import JSON

/// Expected values that another implementation computed, stored beside the tests.
///
/// Each file is written by a script of `scripts/reference/`, and names that script and the versions behind it.
package enum ReferenceValues {
    /// Reads `References/<name>.json` beside the test that asks.
    package static func read(_ name: String, beside source: String = #filePath) throws -> JSONValue {
        try JSONValue(parsing: bytes(ofFile: path(of: "References/\(name).json", beside: source)))
    }
}
