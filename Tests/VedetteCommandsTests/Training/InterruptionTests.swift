import TestSupport
import Testing
import UnixSignals
import VedetteCommands

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `An interruption of training` {
    @Test func `is noted, and leaves the signals to whoever listens next`() async throws {
        do {
            let interruption = Interruption()
            try interruption.check()
            kill(getpid(), SIGTERM)
            try await eventually { (try? interruption.check()) == nil }
        }
        // A mesh listens so, after the model of its demonstration is trained.
        let signals = await UnixSignalsSequence(trapping: .sigterm)
        kill(getpid(), SIGTERM)
        for await signal in signals {
            #expect(signal == .sigterm)
            break
        }
    }
}
