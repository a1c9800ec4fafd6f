internal import GatewayKit

extension Amount {
    init(column: Int64) throws {
        guard let millisatoshis = UInt64(exactly: column) else {
            throw StoreFailure("the book holds an amount below zero")
        }
        self.init(millisatoshis: millisatoshis)
    }

    var column: Int64 {
        get throws {
            guard let column = Int64(exactly: millisatoshis) else {
                throw StoreFailure("an impossible amount was to be booked")
            }
            return column
        }
    }
}
