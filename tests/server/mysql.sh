# MariaDB, or MySQL where its programs go by their old names.

mysql_program() { for name; do command -v "$name" && return; done; }

mysql_has() { mysql_program mariadbd mysqld && mysql_program mariadb-install-db mysql_install_db; } >/dev/null

# Without the package mariadb-server there is no service that would start on its own.
mysql_packages() { mysql_has || echo mariadb-server-core mariadb-client-core; }

mysql_start() {
    # A line a statement.
    echo "CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY '$(cat password)';" >mysql.sql
    echo "GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION;" >>mysql.sql
    (as_owner "$(mysql_program mariadb-install-db mysql_install_db)" --no-defaults --datadir="$folder/mysql" \
        --skip-test-db) >mysql.log 2>&1 || { cat mysql.log >&2 && return 1; }
    local options=(datadir="$folder/mysql" bind-address=127.0.0.1 port=PORT socket=mysql.sock
        init-file="$folder/mysql.sql" skip-name-resolve character-set-server=utf8mb4 innodb-buffer-pool-size=64M
        innodb-log-file-size=32M innodb-flush-log-at-trx-commit=0 innodb-use-native-aio=0 key-buffer-size=4M
        max-allowed-packet=64M)
    [ ! -e server.pem ] || options+=("ssl-cert=$folder/server.pem" "ssl-key=$folder/server.key" "ssl-ca=$folder/ca.pem")
    serve mysql "ready for connections" "$(mysql_program mariadbd mysqld)" --no-defaults "${options[@]/#/--}"
}

mysql_url() { echo "mysql://root:$(cat password)@$(address mysql)/"; }
