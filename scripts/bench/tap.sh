#!/usr/bin/env bash
# payload-tap beside nginx as reverse proxy, to the same nginx static upstream: 64 connections, 8 KB bodies both ways.
# Prints for each the requests per second, the CPU time of the proxy's process per request, and their ratio.
#
#   scripts/bench/tap.sh [SECONDS]        needs nginx and wrk (apt), and .build/release/payload-tap
#   TAP_ONLY=1                            the tap's plain hot path only, without sinks
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-8}
folder=$(mktemp -d /tmp/vedette-bench-tap.XXXXXX)
chmod 755 "$folder"
processes=()
stop() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap stop EXIT

mkdir -p "$folder/www" "$folder/upstream" "$folder/proxy"
head -c 8192 /dev/zero | tr '\0' 'x' >"$folder/www/body"
cat >"$folder/post.lua" <<'LUA'
wrk.method = "POST"
wrk.body = string.rep("x", 8192)
wrk.headers["Content-Type"] = "application/octet-stream"
LUA

common="daemon off; error_log stderr crit; events { worker_connections 4096; }"
limits="access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k;"
cat >"$folder/upstream.conf" <<CONF
worker_processes 1; pid $folder/upstream/pid; $common
http { $limits sendfile on; client_body_temp_path $folder/upstream/body;
  server { listen 127.0.0.1:18080 backlog=1024; root $folder/www; error_page 405 =200 \$uri; } }
CONF
cat >"$folder/proxy.conf" <<CONF
worker_processes 2; pid $folder/proxy/pid; $common
http { $limits client_body_temp_path $folder/proxy/body; proxy_temp_path $folder/proxy/temp;
  upstream model { server 127.0.0.1:18080; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:18081 backlog=1024;
    location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
CONF

# CPU time of a process and its children in clock ticks.
ticks() {
    local total=0 pid
    for pid in "$1" $(pgrep -P "$1" || true); do
        total=$((total + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
    done
    echo "$total"
}

# measure NAME PID URL: one line, and the CPU per request in nanoseconds in $folder/NAME.
measure() {
    wrk -t1 -c64 -d2s -s "$folder/post.lua" "$3" >/dev/null
    local before after requests rate
    before=$(ticks "$2")
    wrk -t1 -c64 -d"${seconds}s" -s "$folder/post.lua" "$3" >"$folder/wrk"
    after=$(ticks "$2")
    requests=$(awk '/requests in/ { print $1 }' "$folder/wrk")
    rate=$(awk '/Requests\/sec/ { print $2 }' "$folder/wrk")
    if grep -E 'Non-2xx|Socket errors' "$folder/wrk"; then echo "$1 did not answer every request" >&2; fi
    echo $(((after - before) * 10000000 / requests)) >"$folder/$1"
    printf '%-28s %10s requests/s  %6.1f us of CPU a request\n' "$1" "$rate" "$(awk '{ print $1 / 1000 }' "$folder/$1")"
}

await() {
    for _ in $(seq 100); do
        if curl -s -o /dev/null "$1"; then return; fi
        sleep 0.05
    done
    echo "nothing listens at $1" >&2
    exit 1
}

nginx -p "$folder" -c "$folder/upstream.conf" & processes+=($!)
nginx -p "$folder" -c "$folder/proxy.conf" & proxy=$!; processes+=("$proxy")
await http://127.0.0.1:18080/body
await http://127.0.0.1:18081/body

# tap NAME SINK: starts payload-tap with its state under NAME, sets $tap to its process id.
tap() {
    local sinks=()
    if [ -n "$2" ]; then sinks=(--sink-url "$2"); fi
    .build/release/payload-tap --http-listen 127.0.0.1:18082 --control-listen 127.0.0.1:18083 --log-level warning \
        --upstream-url http://127.0.0.1:18080 --capture-methods GET,POST --state-directory "$folder/$1.state" \
        "${sinks[@]}" & tap=$!
    processes+=("$tap")
    await http://127.0.0.1:18082/body
}

ratio() { awk -v a="$(cat "$folder/$1")" -v b="$(cat "$folder/nginx")" -v n="$2" 'BEGIN { printf "%-28s %10.2f times nginx'"'"'s CPU a request\n", n, a / b }'; }

measure nginx "$proxy" http://127.0.0.1:18081/body
tap plain ""
measure tap "$tap" http://127.0.0.1:18082/body
ratio tap "hot path"
kill "$tap"; wait "$tap" || true
if [ -z "${TAP_ONLY:-}" ]; then
    tap live "file:/dev/null"
    measure tap-live-sink "$tap" http://127.0.0.1:18082/body
    ratio tap-live-sink "with capture, live sink"
    kill "$tap"; wait "$tap" || true
    tap dead "http://127.0.0.1:1/"
    measure tap-dead-sink "$tap" http://127.0.0.1:18082/body
    awk '/VmRSS|VmHWM/ { printf "%-28s %10.0f MB\n", $1, $2 / 1024 }' "/proc/$tap/status"
fi
