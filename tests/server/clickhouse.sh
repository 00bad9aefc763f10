# ClickHouse as Debian has it. Installing the package clickhouse-server would start a service, now and with the machine:
# only the libraries are installed, and the program is taken out of the package.

clickhouse_program="$cache/clickhouse/usr/sbin/clickhouse-server"

# Other libraries than those it was made for are as good as none.
clickhouse_has() { [ -x "$clickhouse_program" ] && ! ldd "$clickhouse_program" | grep -q "not found"; }

clickhouse_packages() { clickhouse_has || echo clickhouse-common; }

clickhouse_fetch() {
    (cd "$part" && apt-get download -qq -o APT::Sandbox::User=root clickhouse-server >&2 &&
        dpkg-deb --extract clickhouse-server_*.deb . && rm clickhouse-server_*.deb)
}

clickhouse_start() {
    cat >clickhouse/config.xml <<CONFIG
<yandex>
    <logger><level>information</level><console>1</console></logger>
    <listen_host>127.0.0.1</listen_host>
    <path>data/</path>
    <tmp_path>temporary/</tmp_path>
    <mark_cache_size>16777216</mark_cache_size>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <users_config>users.xml</users_config>
</yandex>
CONFIG
    cat >clickhouse/users.xml <<USERS
<yandex>
    <profiles><default/></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password>$(cat password)</password>
            <networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
        </default>
    </users>
</yandex>
USERS
    serve clickhouse "Ready for connections" program/usr/sbin/clickhouse-server --config-file="$folder/clickhouse/config.xml" \
        -- --http_port=PORT
}

clickhouse_url() { echo "http://default:$(cat password)@$(address clickhouse)"; }
