# PostgreSQL, of any version.

postgres_has() { command -v initdb && command -v postgres; } >/dev/null

postgres_packages() { postgres_has || echo postgresql; }

postgres_start() {
    (as_owner initdb --pgdata=postgres --username=postgres --pwfile=password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync) >postgres.log 2>&1 || { cat postgres.log >&2 && return 1; }
    local options=(fsync=off full_page_writes=off synchronous_commit=off shared_buffers=32MB max_connections=100
        listen_addresses=127.0.0.1 port=PORT unix_socket_directories= logging_collector=off)
    [ ! -e server.pem ] || options+=(ssl=on "ssl_cert_file=$folder/server.pem" "ssl_key_file=$folder/server.key"
        "ssl_ca_file=$folder/ca.pem")
    serve postgres "ready to accept connections" postgres -D "$folder/postgres" "${options[@]/#/--}"
}

postgres_url() { echo "postgres://postgres:$(cat password)@$(address postgres)/postgres"; }
