import NIOCore

/// A client's connection as its event loop sees it, whatever it speaks.
protocol ClientSide: AnyObject {
    /// Looks whether something has been silent for longer than it may, and whether the process is to stop.
    func sweep(now: NIODeadline)
    /// Ends the connection, whatever is in hand.
    func close()
}
