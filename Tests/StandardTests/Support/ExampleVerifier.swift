import GatewayKit

/// Permits numbers from 1 up; a smaller one narrows.
struct ExampleVerifier: CaveatVerifier {
    var condition = "limit"

    func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        Int(caveat.value).map { $0 >= 1 } ?? false
    }

    func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Int(earlier.value), let later = Int(later.value) else { return false }
        return later <= earlier
    }
}
