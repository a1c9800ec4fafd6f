import Foundation
import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOCore
import Testing

struct AccessLogFileTests {
    /// A folder of a test's own, gone with it.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)").path

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func text(of file: String) throws -> String {
            try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
        }
    }

    private let folder: Folder
    private let log: String

    init() throws {
        folder = try Folder()
        log = folder.path + "/access.log"
    }

    private func writer() throws -> AccessLogWriter {
        AccessLogWriter(
            try AccessLogFile(.file(path: log)),
            formatter: AccessLogFormatter(.json),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    @Test func `a file that is there is appended to`() throws {
        try "before\n".write(toFile: log, atomically: false, encoding: .utf8)
        let writer = try writer()
        writer.write(ByteBuffer(string: "after\n"))
        writer.stop()
        #expect(try folder.text(of: "access.log") == "before\nafter\n")
    }

    @Test func `after a rotation lines go to the new file`() throws {
        let writer = try writer()
        writer.write(ByteBuffer(string: "1\n"))
        writer.flush()
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        writer.write(ByteBuffer(string: "2\n"))
        writer.reopen()
        writer.flush()
        writer.write(ByteBuffer(string: "3\n"))
        writer.stop()
        #expect(try folder.text(of: "access.log.1") == "1\n2\n")
        #expect(try folder.text(of: "access.log") == "3\n")
    }

    @Test func `when the new file cannot be opened lines go on in the old one`() throws {
        let writer = try writer()
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: false)
        writer.reopen()
        writer.write(ByteBuffer(string: "1\n"))
        writer.stop()
        #expect(try folder.text(of: "access.log.1") == "1\n")
    }

    @Test func `a file that cannot be opened is named`() throws {
        let path = folder.path + "/nowhere/access.log"
        let failure = #expect(throws: StartFailure.self) { try AccessLogFile(.file(path: path)) }
        #expect(failure?.description.contains(path) == true)
    }

    @Test func `others may not read the file`() throws {
        _ = try AccessLogFile(.file(path: log))
        let mode = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o007 } == 0)
    }

    @Test func `a log records what it wants`() throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let settings = AccessLogSettings(format: .logfmt, destination: .file(path: log), sample: 0)
        let access = try AccessLog(settings, logger: logger)
        #expect(!access.wants(ExchangeID(1), AccessLogExample.outcome(.answered, .ok)))
        #expect(access.wants(ExchangeID(1), AccessLogExample.outcome(.replied, .badGateway)))
        var line = ByteBuffer(string: "something of before")
        access.record(AccessLogExample.entry(), reusing: &line)
        access.record(AccessLogExample.entry(), reusing: &line)
        access.stop()
        let written = AccessLogExample.line(as: .logfmt)
        #expect(try folder.text(of: "access.log") == written + written)
    }
}
