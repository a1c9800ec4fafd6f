extension String {
    /// Its beginning, of at most so many bytes in UTF-8 and whole characters.
    func prefix(bytes most: Int) -> String {
        guard utf8.count > most else { return self }
        var length = 0
        return String(
            prefix { character in
                length += character.utf8.count
                return length <= most
            }
        )
    }

    /// The same, of at most so many code units in UTF-16.
    func prefix(utf16 most: Int) -> String {
        guard utf16.count > most else { return self }
        var length = 0
        return String(
            prefix { character in
                length += character.utf16.count
                return length <= most
            }
        )
    }
}
