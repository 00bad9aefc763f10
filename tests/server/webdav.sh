# Apache with WebDAV: a store of documents that takes PUT and DELETE. Without the package apache2 there is no service.

webdav_modules=/usr/lib/apache2/modules

webdav_has() { command -v apache2 && [ -e "$webdav_modules/mod_dav_fs.so" ]; } >/dev/null

webdav_packages() { webdav_has || echo apache2-bin; }

webdav_start() {
    (as_owner mkdir webdav/documents webdav/run) || return 1
    {
        for module in mpm_event authz_core dav dav_fs filter deflate; do
            echo "LoadModule ${module}_module $webdav_modules/mod_$module.so"
        done
        cat <<CONFIG
ServerName 127.0.0.1
ServerRoot $folder/webdav
DefaultRuntimeDir run
PidFile run/pid
Mutex file:run
ErrorLog "|/bin/cat"
LogLevel notice
DavLockDB run/locks
DocumentRoot documents
AllowEncodedSlashes NoDecode
LimitRequestBody 65536
<Directory $folder/webdav/documents>
    Require all granted
    Dav On
    DavDepthInfinity On
    SetInputFilter DEFLATE
</Directory>
CONFIG
    } >webdav/apache.conf
    serve webdav "resuming normal operations" apache2 -DFOREGROUND -f "$folder/webdav/apache.conf" -c "Listen 127.0.0.1:PORT"
}

webdav_url() { echo "http://$(address webdav)"; }
