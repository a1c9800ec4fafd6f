internal import Free

extension PayingClient {
    /// Does the work that the lines ask for, and says where it stands; `nil` where they ask for none, or for more than is
    /// done here.
    func fieldOfWork(in lines: [String]) throws -> (name: String, value: String)? {
        guard let challenge = WorkOffer(in: lines)?.challenge else { return nil }
        guard challenge.bits <= work else {
            report("a proof of work of \(challenge.bits) bits would do, and --work is \(work)")
            return nil
        }
        report("working for \(challenge.bits) bits")
        guard let proof = WorkProof.solving(challenge, until: { Task.isCancelled }) else { return nil }
        return ("Authorization", proof.authorization)
    }
}
