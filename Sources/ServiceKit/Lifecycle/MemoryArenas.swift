import Glibc
import NIOCore

/// How many heaps the C library's allocator makes for the threads of the process.
///
/// It makes up to eight for each core, each of which keeps what was freed in it. Where buffers are filled on one thread
/// and freed on another, as from an event loop to a sink, that is memory held for nobody: a third of the tap's at its
/// peak. One for each core keeps threads out of each other's way as well as the cores do.
enum MemoryArenas {
    /// Limits them to one for each core; to be called before there are other threads.
    ///
    /// Does nothing where the C library is another than glibc.
    static func limitToCores() {
        // Looked up, because the module Glibc does not declare it.
        guard let symbol = dlsym(nil, "mallopt") else { return }
        typealias Mallopt = @convention(c) (CInt, CInt) -> CInt
        let mallopt = unsafeBitCast(symbol, to: Mallopt.self)
        let arenaMaximum: CInt = -8  // M_ARENA_MAX in malloc.h
        _ = mallopt(arenaMaximum, CInt(clamping: max(2, System.coreCount)))
    }
}
