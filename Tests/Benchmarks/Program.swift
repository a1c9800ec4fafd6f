/// What is compared, in the order of the table.
enum Program: String, CaseIterable, Codable {
    case nginx, haproxy, caddy, sluice

    /// What a program is to do, in its own language.
    func configuration(for duty: Duty) -> any Configuration {
        switch self {
        case .nginx: NginxConfiguration(duty: duty)
        case .haproxy: HAProxyConfiguration(duty: duty)
        case .caddy: CaddyConfiguration(duty: duty)
        case .sluice: SluicePolicy(duty: duty)
        }
    }
}
