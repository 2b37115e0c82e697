import CloudEvents
import JSON
import Journal

// The errors of the libraries below already say what happened and what to do.

extension JournalError: DescribedError {
    package var errorCode: String { code.name }
}

extension CloudEventError: DescribedError {
    package var errorCode: String { code.name }
}

extension JSONError: DescribedError {
    package var errorCode: String { code.name }
}
