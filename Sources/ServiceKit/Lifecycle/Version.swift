/// Which build this is.
package enum Version {
    /// The version of the package.
    package static let current = "0.1.0"
}
