package import TOML

extension PredictionError: TOMLReadingFailure {
    package init(_ error: TOMLError) {
        self.init(.invalidDescription, error.message, remedy: error.remedy, cause: error)
    }
}
