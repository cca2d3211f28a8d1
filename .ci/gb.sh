# GB/T 28181: a foreign camera at the platform that start_platform runs.

lunasaw_camera() {
    timeout 120 bench/lunasaw/run "$udp" "$platform" 34020000001320000009 "$password" >"$work/lunasaw" 2>&1 ||
        { tail -40 "$work/lunasaw"; return 1; }
    get /v1/devices/34020000001320000009 | tee "$work/camera"
    get /v1/devices/34020000001320000009/catalog | tee -a "$work/camera"
    jq -es '.[0].online and .[0].userAgent == "LunaSaw-GB28181-Proxy" and .[1].state == "complete" and .[1].items[0].name == "大门口"' \
        "$work/camera" >/dev/null
    get /metrics | grep 'sip_gb28181_events_total{event="keepalives"}'
}
