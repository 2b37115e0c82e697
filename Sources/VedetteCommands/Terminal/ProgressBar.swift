import Foundation
import Synchronization

/// A bar on standard error for work of more than a second; on a pipe it prints its closing line only.
package final class ProgressBar: Sendable {
    private let title: String
    private let width = 28
    private let lastDrawn = Mutex<ContinuousClock.Instant?>(nil)

    package init(_ title: String) {
        self.title = title
    }

    /// Draws the bar at `fraction` of 1 with a note behind it, at most ten times a second.
    package func show(_ fraction: Double, _ note: String = "") {
        guard StandardError.isTerminal else { return }
        let now = ContinuousClock.now
        let isDue = lastDrawn.withLock { last in
            if let last, now - last < .milliseconds(100), fraction < 1 { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let filled = Int((min(max(fraction, 0), 1) * Double(width)).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        StandardError.write("\r\u{1B}[2K\(title) \(bar) \(Int(fraction * 100)) % \(note)")
    }

    /// Prints a line that stays, above the bar.
    package func note(_ line: String) {
        StandardError.write((StandardError.isTerminal ? "\r\u{1B}[2K" : "") + line + "\n")
    }

    /// Replaces the bar by one line that stays.
    package func finish(_ note: String) {
        StandardError.write((StandardError.isTerminal ? "\r\u{1B}[2K" : "") + "\(title): \(note)\n")
    }
}
