internal import Foundation

/// Says on standard error what is being done, so that standard output holds the result only.
enum Progress {
    static func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
