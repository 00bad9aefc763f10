# The protocol of OpenSearch, as osmem-server speaks it.

opensearch_wheel="osmem-server==0.1.6 \
--hash=sha256:24c862de01ab1c6dd1564284933fdc4f774494a41e071676914f86d82fdbef40 \
--hash=sha256:1ded73066aa2474319f8a4a6d2126853cb5e35dacd6c8399764b523615ec78c8"

opensearch_has() { wheel_has opensearch "$opensearch_wheel"; }

opensearch_packages() { opensearch_has || wheel_packages; }

opensearch_fetch() { wheel_fetch "$opensearch_wheel" && chmod 755 "$part/osmem_server/bin/osmem-server"; }

opensearch_start() {
    serve opensearch '"url":' program/osmem_server/bin/osmem-server -addr 127.0.0.1:PORT -no-stdin-watch
}

opensearch_url() { echo "http://$(address opensearch)"; }
