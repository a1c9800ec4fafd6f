internal import GatewayKit

extension StoreConformance {
    /// The word of a plugin that nobody else is.
    private static var plugin: String { "test-\(Bytes32.random().hex)/" }

    func valuesAreKept(_ store: any Store) async throws {
        let key = Self.plugin + "key"
        try expect(try await store.value(for: key), nil, "a value that nobody kept")
        let value = [UInt8](0...255)
        try await store.setValue(value, for: key)
        try expect(try await store.value(for: key), value, "a value of every byte")
    }

    func valuesAreReplaced(_ store: any Store) async throws {
        let key = Self.plugin + "key"
        try await store.setValue([1], for: key)
        try await store.setValue([2, 3], for: key)
        try expect(try await store.value(for: key), [2, 3], "a value that was replaced")
        try expect(try await store.values(withPrefix: key).count, 1, "how many values there are then")
    }

    func valuesAreForgotten(_ store: any Store) async throws {
        let key = Self.plugin + "key"
        try await store.setValue(nil, for: key)
        try await store.setValue([1], for: key)
        try await store.setValue(nil, for: key)
        try expect(try await store.value(for: key), nil, "a value that was forgotten")
        try expect(try await store.values(withPrefix: key).count, 0, "how many values there are then")
    }

    func largeValues(_ store: any Store) async throws {
        let key = Self.plugin + String(repeating: "k", count: 2_000)
        let block = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
        var value = [UInt8]()
        while value.count < 4_000_000 { value += block }
        try await store.setValue(value, for: key)
        try expect(try await store.value(for: key) == value, true, "whether four million bytes come back")
    }

    func emptyValuesAndKeys(_ store: any Store) async throws {
        let key = Self.plugin
        try await store.setValue([], for: key)
        try expect(try await store.value(for: key), [], "an empty value")
        try expect(try await store.values(withPrefix: key).map(\.value), [[]], "the values with its key as prefix")
        try await store.setValue([7], for: "")
        try expect(try await store.value(for: ""), [7], "the value for the empty key")
        let all = try await store.values(withPrefix: "").map(\.key)
        try expect(all.first, "", "the first of all keys")
        try expect(all.contains(key), true, "whether all keys begin with the empty prefix")
        try await store.setValue(nil, for: "")
        try expect(try await store.value(for: ""), nil, "the value for the empty key after forgetting it")
    }

    func prefixesInOrder(_ store: any Store) async throws {
        let plugin = Self.plugin
        let names = ["", "a", "a/1", "a/10", "a/2", "aa", "b", "z", "~", "\u{E9}", "\u{FFFD}", "\u{1F600}"]
        for (number, name) in names.enumerated().shuffled() {
            try await store.setValue([UInt8(number)], for: plugin + name)
        }
        let all = try await store.values(withPrefix: plugin)
        try expect(all.map(\.key), names.map { plugin + $0 }, "the keys in the order of their bytes")
        try expect(all.map(\.value), names.indices.map { [UInt8($0)] }, "their values")
        let some = try await store.values(withPrefix: plugin + "a/")
        try expect(some.map(\.key), ["a/1", "a/10", "a/2"].map { plugin + $0 }, "the keys of a longer prefix")
        try expect(try await store.values(withPrefix: plugin + "c").count, 0, "keys of a prefix that none has")
        try expect(
            try await store.values(withPrefix: plugin + "\u{1F600}").map(\.value),
            [[11]],
            "the values of a prefix beyond the first plane of Unicode"
        )
    }

    func prefixesAreLiteral(_ store: any Store) async throws {
        let plugin = Self.plugin
        for prefix in ["%", "_", "*", "?", "[a]", "\\", "'", "\"", "%%", "A", "\u{7F}"] {
            try await store.setValue([1], for: plugin + prefix + "key")
        }
        try await store.setValue([1], for: plugin + "akey")
        for prefix in ["%", "_", "*", "?", "[a]", "\\", "'", "\"", "A", "\u{7F}"] {
            let expected = prefix == "%" ? ["%%key", "%key"] : [prefix + "key"]
            let found = try await store.values(withPrefix: plugin + prefix).map(\.key)
            try expect(found, expected.map { plugin + $0 }, "the keys that begin with '\(prefix)'")
        }
    }

    /// By bytes: cases differ, letters that Unicode holds for equivalent differ, and a NUL ends nothing.
    func keysAreCompared(_ store: any Store) async throws {
        let plugin = Self.plugin
        let names = ["k", "K", "k ", "k\u{0}", "k\u{0}a", "k\u{0}b", "\u{E9}", "e\u{301}", "'; DROP TABLE claims; --"]
        for (number, name) in names.enumerated() {
            try await store.setValue([UInt8(number)], for: plugin + name)
        }
        for (number, name) in names.enumerated() {
            let found = try await store.value(for: plugin + name)
            try expect(found, [UInt8(number)], "the value of key \(number), which resembles another")
        }
        try expect(try await store.values(withPrefix: plugin).count, names.count, "how many keys there are")
    }

    func keepBefore(_ store: any Store) async throws -> String {
        let key = Self.plugin + "key"
        try await store.setValue([1, 2, 3], for: key)
        return key
    }

    func keepAfter(_ store: any Store, _ key: String) async throws {
        try expect(try await store.value(for: key), [1, 2, 3], "a value after reopening")
        let later = [UInt8]("later".utf8)
        try await store.setValue(later, for: key)
        try expect(try await store.value(for: key), later, "a value replaced after reopening")
    }
}
