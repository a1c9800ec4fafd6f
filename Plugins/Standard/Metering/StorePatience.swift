/// Tries again what a store does not take, a few times.
struct StorePatience: Sendable {
    /// Before each further attempt.
    let pauses: [Duration]

    func ask<Value>(_ ask: () async throws -> Value) async throws -> Value {
        for pause in pauses {
            do {
                return try await ask()
            } catch {
                if pause > .zero { try? await Task.sleep(for: pause) }
            }
        }
        return try await ask()
    }
}
