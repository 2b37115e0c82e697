#if canImport(Glibc)
    import Glibc
#endif

/// Memory that was let go and that the allocator keeps.
package enum FreedMemory {
    /// Gives it back to the system, where the allocator can be asked to; a few milliseconds.
    ///
    /// Loading a thousand monitors or models leaves much of the process empty: each was read whole, verified and let go.
    package static func giveBack() {
        #if canImport(Glibc)
            // GNU's own call, which the system's module does not declare: found by its name.
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)
            _ = trim(0)
        #endif
    }
}
