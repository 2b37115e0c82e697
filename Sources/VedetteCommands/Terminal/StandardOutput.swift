#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a command answers with.
enum StandardOutput {
    /// Whether a person sees it: colours are for people.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}
