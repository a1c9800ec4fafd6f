/// How one program is told its duty.
protocol Configuration {
    init(duty: Duty)

    var fileName: String { get }
    func text(on site: Site) -> String
    /// The executable and its arguments; it must stay in the foreground.
    func command(file: String, on site: Site) -> [String]
    func environment(on site: Site) -> [String: String]
}

extension Configuration {
    func environment(on site: Site) -> [String: String] { [:] }
}
