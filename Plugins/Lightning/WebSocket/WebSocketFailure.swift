/// Why a WebSocket connection was not made, or has ended.
package enum WebSocketFailure: Error, Hashable, CustomStringConvertible {
    /// The server answered, and not with a WebSocket.
    case refused
    case closed
    /// The server did not answer a ping.
    case silent
    /// It sent more than is taken at once.
    case tooMuch
    /// It sent something that is no text.
    case notText

    package var description: String {
        switch self {
        case .refused: "the server does not speak WebSocket there"
        case .closed: "the server has closed the connection"
        case .silent: "the server is silent"
        case .tooMuch: "the server sends more than is taken"
        case .notText: "the server sent something that is no text"
        }
    }
}
