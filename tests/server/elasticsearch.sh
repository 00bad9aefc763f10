# The protocol of Elasticsearch, as noida-db speaks it.

elasticsearch_wheel="noida-db==0.2.3 \
--hash=sha256:40a2fb15567e3d344e7483df62bb439e7d64ac6fb232f4f223554aed58204f82 \
--hash=sha256:2f58d58a5e8ae771097f61046b3d8fc2349ce31da3d9991423f42827da7efc14"

elasticsearch_has() { wheel_has elasticsearch "$elasticsearch_wheel"; }

elasticsearch_packages() { elasticsearch_has || wheel_packages; }

elasticsearch_fetch() { wheel_fetch "$elasticsearch_wheel" && chmod 755 "$part/noida_db/noida-db"; }

elasticsearch_start() {
    serve elasticsearch "press Ctrl-C to stop" program/noida_db/noida-db start --data-dir data --host 127.0.0.1 \
        --only elasticsearch --elasticsearch-port PORT
}

elasticsearch_url() { echo "http://$(address elasticsearch)"; }
