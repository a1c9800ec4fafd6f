/// Where the lines of an access log go. Called on one thread at a time, which it may block.
package protocol AccessLogSink: Sendable {
    /// Writes from the beginning of `bytes`, which are not empty, as many as it can at once.
    ///
    /// - Returns: how many, at least 1.
    /// - Throws: when nothing could be written.
    func writeFront(of bytes: UnsafeRawBufferPointer) throws -> Int

    /// Goes on in a new file of the same name; the one before has been moved away.
    ///
    /// - Throws: when that cannot be opened; the sink then goes on in the one before.
    func reopen() throws

    /// Not called after that.
    func finish()
}
