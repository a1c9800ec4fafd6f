internal import GRPCCore

/// Asks the addresses of a service for their health until it is cancelled, or nobody uses them any more.
struct HealthWatch: Sendable {
    let settings: HealthSettings

    func follow(_ endpoint: ServiceEndpoint) -> Task<Void, Never> {
        Task { [settings, weak endpoint] in
            while !Task.isCancelled {
                guard let isServing = await endpoint?.isServing(settings) else { return }
                if Task.isCancelled { return }
                endpoint?.noteHealth(isServing)
                do { try await Task.sleep(for: settings.interval) } catch { return }
            }
        }
    }
}

extension ServiceEndpoint {
    /// What it says of itself (gRPC Health Checking Protocol). A server that knows no health counts as serving: it answers.
    fileprivate func isServing(_ settings: HealthSettings) async -> Bool {
        var options = CallOptions.defaults
        options.timeout = settings.timeout
        var request = Grpc_Health_V1_HealthCheckRequest()
        request.service = settings.service
        do {
            let answer = try await Grpc_Health_V1_Health.Client(wrapping: connection).check(request, options: options)
            return answer.status == .serving
        } catch let error as RPCError {
            return error.code == .unimplemented
        } catch {
            return false
        }
    }
}
