/// The shell that looks after a server. It obeys the lines that it reads, answers each with one, and ends the server and removes
/// its folder when nobody is there any more to tell it something, however that came.
enum PostgresScript {
    /// - Parameters: the folder of PostgreSQL's programs, and the password of its user `postgres`.
    static let text = #"""
        set -u
        bin=$1 password=$2
        trap '' INT PIPE
        export PGPASSWORD=$password PGUSER=postgres PGCONNECT_TIMEOUT=10 LC_ALL=C
        folder=$(mktemp -d /tmp/sluice-postgres-XXXXXX) || exit 1
        data=$folder/data
        export PGHOST=$folder
        stop() { "$bin/pg_ctl" -D "$data" -s -m immediate stop; }
        trap 'stop; rm -rf "$folder"' EXIT
        trap 'exit 1' TERM HUP
        exec 2>>"$folder/errors"
        answer() {
            if "$@" >/dev/null; then
                echo done
            else
                echo "failed: $(cat "$folder/errors" "$folder/log" | tail -n 5 | tr '\n' ' ')"
            fi
        }
        make() {
            echo "$password" >"$folder/password" &&
            "$bin/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile="$folder/password" -E UTF8 --locale=C \
                --no-sync &&
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -keyout "$data/server.key" -out "$data/server.crt" &&
            chmod 600 "$data/server.key" &&
            cat >>"$data/postgresql.conf" <<SETTINGS
        listen_addresses = '127.0.0.1'
        unix_socket_directories = '$folder'
        max_connections = 200
        ssl = on
        # A crash of the server alone, which is what tests make, loses nothing of what the system has.
        fsync = off
        full_page_writes = off
        deadlock_timeout = 20ms
        autovacuum = off
        SETTINGS
        }
        clean() {
            "$bin/psql" -q -v ON_ERROR_STOP=1 -d "$1" <<'STATEMENTS'
        SET client_min_messages = error;
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        DROP SCHEMA IF EXISTS sluice CASCADE;
        DROP SCHEMA public CASCADE;
        CREATE SCHEMA public;
        STATEMENTS
        }
        while read -r word rest; do
            case $word in
            folder) echo "$folder" ;;
            make) answer make ;;
            start) export PGPORT=$rest; answer "$bin/pg_ctl" -D "$data" -w -l "$folder/log" -o "-p $rest" start </dev/null ;;
            crash) answer stop ;;
            create) answer "$bin/createdb" -T template0 "$rest" ;;
            clean) answer clean "$rest" ;;
            esac
        done
        """#
}
