internal import Foundation

/// Who runs where: the program under test has a core to itself.
enum Core: Int {
    case underTest = 0
    case everythingElse = 1

    /// Moves a process that runs already, with all its threads.
    func pin(_ process: pid_t, with tools: Tools) throws {
        let pinning = Process()
        pinning.executableURL = URL(fileURLWithPath: tools[.taskset])
        pinning.arguments = ["-a", "-c", "-p", "\(rawValue)", "\(process)"]
        pinning.standardOutput = FileHandle.nullDevice
        try pinning.run()
        pinning.waitUntilExit()
        guard pinning.terminationStatus == 0 else { throw BenchFailure("cannot pin processes to core \(rawValue)") }
    }
}
