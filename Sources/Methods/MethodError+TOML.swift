package import TOML

extension MethodError: TOMLReadingFailure {
    package init(_ error: TOMLError) {
        self.init(
            error.code == .unknownKey ? .unknownKey : .invalidConfiguration,
            error.message,
            remedy: error.remedy,
            cause: error
        )
    }
}

extension TableReader<MethodError> {
    /// Starts to read a `config.toml` or an `explainer.toml`.
    ///
    /// The text `"None"` counts as absent: alibi-detect saves it for what it was not given.
    ///
    /// - Throws: `.invalidConfiguration` with the line and column where the text stops being TOML.
    package convenience init(configuration text: String) throws(MethodError) {
        try self.init(parsing: text, absent: "None")
    }
}
