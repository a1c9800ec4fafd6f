internal import NIOConcurrencyHelpers

/// One value for each data folder in a process, whatever the number of routes. May be used from any thread.
package struct OnePerFolder<Value: Sendable>: Sendable {
    private let known = NIOLockedValueBox<[String: Value]>([:])
    private let make: @Sendable (String) -> Value

    /// - Parameter make: the value of a folder; touches no file.
    package init(_ make: @escaping @Sendable (String) -> Value) {
        self.make = make
    }

    package func value(of folder: String) -> Value {
        known.withLockedValue { known in
            if let value = known[folder] { return value }
            let value = make(folder)
            known[folder] = value
            return value
        }
    }

    /// `nil` for a folder whose value nobody has asked for.
    package func known(of folder: String) -> Value? {
        known.withLockedValue { $0[folder] }
    }
}
