extension String {
    /// What a service says to people: bounded, on one line, and without what would move a terminal's cursor (the control
    /// characters of ISO 6429, both sets).
    package init(toldBy text: String) {
        let scalars = text.unicodeScalars.prefix(200).map { scalar -> Unicode.Scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? " " : scalar
        }
        self.init(UnicodeScalarView(scalars))
    }
}
