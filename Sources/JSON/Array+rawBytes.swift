extension [UInt8] {
    /// Calls `body` with the bytes; unlike `withUnsafeBytes` it keeps the type of the error.
    @inlinable
    public func withRawBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { buffer throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
