internal import Stores

/// The tables of the book, by versions. A version that was released is never changed; a change is a new version.
enum PostgresBookLayout {
    static var layout: PostgresLayout {
        PostgresLayout(name: "prices", versions: [("1: bundles and reservations", bundles)])
    }

    /// What comes from others is `bytea`, in UTF-8: `text` cannot hold all of it.
    private static let bundles: StaticString = """
        CREATE TABLE sluice.price_bundles (
            token bytea NOT NULL PRIMARY KEY,
            service bytea NOT NULL,
            -- all amounts: millisatoshi
            capacity bigint NOT NULL CHECK (capacity > 0),
            spent bigint NOT NULL DEFAULT 0 CHECK (spent >= 0),
            reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
            -- all times: milliseconds since 1970
            sold_at bigint NOT NULL,
            is_used boolean NOT NULL DEFAULT false
        );
        CREATE INDEX price_bundles_unused ON sluice.price_bundles (sold_at) WHERE NOT is_used;
        CREATE TABLE sluice.price_reservations (
            -- never used twice, so that a report is told from its repetition
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            token bytea NOT NULL REFERENCES sluice.price_bundles (token),
            path bytea NOT NULL,
            set_aside bigint NOT NULL CHECK (set_aside >= 0),
            -- the rates when it was made, as the file writes them
            input_rate text NOT NULL,
            output_rate text NOT NULL,
            -- the tokens that were expected
            input bigint NOT NULL CHECK (input >= 0),
            output bigint NOT NULL CHECK (output >= 0),
            ends_at bigint NOT NULL,
            -- nobody reported in time: what was set aside was given back
            is_expired boolean NOT NULL DEFAULT false
        );
        CREATE INDEX price_reservations_by_token ON sluice.price_reservations (token, number);
        CREATE INDEX price_reservations_open ON sluice.price_reservations (ends_at) WHERE NOT is_expired;
        CREATE INDEX price_reservations_expired ON sluice.price_reservations (ends_at) WHERE is_expired;
        """
}
