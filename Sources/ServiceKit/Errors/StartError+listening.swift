import Glibc
package import NIOCore

extension StartError {
    /// An address that cannot be had.
    ///
    /// - Parameter flag: The flag that chooses it.
    package init(cannotListenAt address: ListenAddress, flag: String, _ error: IOError) {
        let isTaken = error.errnoCode == EADDRINUSE
        self.init(
            .unavailable,
            code: isTaken ? "port_in_use" : "cannot_listen",
            "cannot listen at \(address): \(error)",
            remedy: isTaken
                ? "Stop what has the port, or choose another with \(flag)"
                : "Choose an address of this machine with \(flag)"
        )
    }
}
