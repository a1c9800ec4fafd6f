internal import GatewayKit

/// The word by which a policy named a part that a stage holds, for summaries and messages.
enum PluginWord {
    /// `nil` for a part that no policy can name.
    static func of(_ part: Any) -> String? {
        (part as? any Plugin).map { type(of: $0).word }
    }
}
