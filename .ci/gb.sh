# shellcheck shell=bash
# GB/T 28181: a foreign camera at the platform that start_platform runs.

lunasaw_camera() {
    timeout 120 bench/lunasaw/run "$udp" "$platform" 34020000001320000009 "$password" >"$work/lunasaw" 2>&1 ||
        { tail -40 "$work/lunasaw"; return 1; }
    get /v1/devices/34020000001320000009 | tee "$work/camera"
    get /v1/devices/34020000001320000009/catalog | tee -a "$work/camera"
    jq -es '.[0].online and .[0].userAgent == "LunaSaw-GB28181-Proxy" and .[1].state == "complete" and .[1].items[0].name == "大门口"' \
        "$work/camera" >/dev/null || return
    get /metrics | grep 'sip_gb28181_events_total{event="keepalives"}'
}

# A small fleet over UDP and TCP through power on, steady state, a power cut and the storm after it: every device online again, every
# channel known, none taken for silent. With a platform of its own, whose devices are counted.
fleet() {
    start_platform || return
    bench/run fleet --udp "127.0.0.1:$udp" --tcp "127.0.0.1:$tcp" --http "127.0.0.1:$http" --pid "$server_pid" --devices 2000 --sockets 400 \
        --keepalive 5 --ramp 5 --steady 10 --storm 3 --after 10 --html "$work/fleet.html"
    local status=$?
    stop_server
    return $status
}
