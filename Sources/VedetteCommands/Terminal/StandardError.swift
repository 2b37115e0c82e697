import Foundation

/// Where everything that is not a result goes.
package enum StandardError {
    /// Writes `text` as it is; a closed stream is ignored, since there is nobody left to tell.
    package static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether a person sees it: only then are progress bars drawn.
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
