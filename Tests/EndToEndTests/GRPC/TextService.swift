import GRPCCore

/// A gRPC service with a method of each kind.
struct TextService: RegistrableRPCService {
    enum Method: String, CaseIterable {
        /// Answers with the message, and with the metadata that it got.
        case echo = "Echo"
        /// Answers with all messages in one.
        case join = "Join"
        /// Answers with each word of the message.
        case split = "Split"
        /// Answers to each message before it reads the next.
        case both = "Both"
        case fail = "Fail"
        /// Begins its response, then fails.
        case failEmpty = "FailEmpty"
        /// Answers once, then fails.
        case failLate = "FailLate"
        /// Never answers.
        case hang = "Hang"

        /// - Parameter service: `test.Text` is the one that is served; routes may know others.
        func descriptor(of service: String = "test.Text") -> MethodDescriptor {
            MethodDescriptor(fullyQualifiedService: service, method: rawValue)
        }
    }

    private typealias Request = StreamingServerRequest<String>
    private typealias Response = StreamingServerResponse<String>

    /// Of calls that hang: that they have begun, and that they are over.
    let events: AsyncStream<String>
    private let noted: AsyncStream<String>.Continuation
    let services: [String]

    /// - Parameter services: the names that it answers to.
    init(_ services: [String] = ["test.Text"]) {
        self.services = services
        (events, noted) = AsyncStream.makeStream()
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for service in services {
            for method in Method.allCases {
                router.registerHandler(
                    forMethod: method.descriptor(of: service),
                    deserializer: TextCoding(),
                    serializer: TextCoding()
                ) { request, context in
                    try await answer(method, request, context)
                }
            }
        }
    }

    private func answer(_ method: Method, _ request: Request, _ context: ServerContext) async throws -> Response {
        switch method {
        case .echo:
            let single = try await ServerRequest(stream: request)
            return Response(metadata: single.metadata.echoed("initial")) { writer in
                try await writer.write(single.message)
                return single.metadata.echoed("trailing")
            }
        case .join:
            var texts: [String] = []
            for try await text in request.messages { texts.append(text) }
            return Response(single: ServerResponse(message: texts.joined(separator: "+")))
        case .split:
            let single = try await ServerRequest(stream: request)
            return Response { writer in
                for word in single.message.split(separator: " ") { try await writer.write(String(word)) }
                return [:]
            }
        case .both:
            return Response { writer in
                for try await text in request.messages { try await writer.write("re: \(text)") }
                return [:]
            }
        case .fail:
            throw RPCError(code: .failedPrecondition, message: "nein: größer", metadata: ["x-reason": "because"])
        case .failEmpty:
            return Response { _ in
                throw RPCError(code: .failedPrecondition, message: "nothing")
            }
        case .failLate:
            return Response { writer in
                try await writer.write("first")
                throw RPCError(code: .dataLoss, message: "lost", metadata: ["x-reason": "late"])
            }
        case .hang:
            noted.yield("begun")
            do {
                try await context.cancellation.cancelled
            } catch {
                // Its task is cancelled: that is how it ends as well.
            }
            noted.yield("over")
            throw RPCError(code: .cancelled, message: "nobody waits any more")
        }
    }
}

extension Metadata {
    /// The fields `x-` of the request, under other names.
    fileprivate func echoed(_ part: String) -> Metadata {
        var echoed = Metadata()
        for (key, value) in self where key.hasPrefix("x-") {
            switch value {
            case .string(let text): echoed.addString(text, forKey: "\(key)-\(part)")
            case .binary(let bytes): echoed.addBinary(bytes, forKey: "\(key.dropLast(4))-\(part)-bin")
            }
        }
        return echoed
    }
}
