# shellcheck shell=bash
# What goes wrong around a server, and with itself: no descriptors, no memory, a stop, hostile connections, a long load. Sourced by .ci/run.

server_java() { pgrep -P "$server_pid" java || echo "$server_pid"; }
# In hundredths of a second.
cpu_time() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
metric() { get /metrics | grep -F "$1" | awk '{ sum += $NF } END { printf "%d\n", sum }'; }

# No descriptor is left: what is connected and UDP are served, the loop does not spin, and when there are some again so are new connections.
descriptors_run_out() {
    start_server --realm "$realm" --password "$password" --store memory --threads 1 || return
    local java early fd fds=() answer spent status=0
    java=$(server_java)
    get /health >/dev/null
    exec {early}<>"/dev/tcp/127.0.0.1/$tcp"
    sleep 0.5
    # What is open above the limit stays; a new one must find a number below it.
    prlimit --pid "$java" --nofile=70:
    for _ in {1..90}; do
        exec {fd}<>"/dev/tcp/127.0.0.1/$tcp" && fds+=("$fd")
    done
    sleep 2
    spent=$(cpu_time "$java")
    sleep 3
    spent=$(($(cpu_time "$java") - spent))
    echo "CPU time in 3 s without descriptors: ${spent}0 ms"
    ((spent < 100)) || status=1
    printf 'OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKearly\r\nMax-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: early\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n' >&"$early"
    read -r -t 10 answer <&"$early"
    echo "who was connected got: $answer"
    [[ $answer == "SIP/2.0 200"* ]] || status=1
    bench/run load --target "udp://127.0.0.1:$udp" --users 2000 --rate 200 --duration 2s --password "$password" --realm "$realm" >"$work/load" || { cat "$work/load"; status=1; }
    for fd in "${fds[@]}" "$early"; do exec {fd}>&-; done
    sleep 2
    bench/run load --target "tcp://127.0.0.1:$tcp" --users 2000 --rate 200 --duration 2s --password "$password" --realm "$realm" >"$work/load" || { cat "$work/load"; status=1; }
    echo "accepts that failed: $(metric 'sip_failures_total{reason="accept"}')"
    (($(metric 'sip_failures_total{reason="accept"}') > 0)) || status=1
    grep 'cannot accept' "$work/err" | head -n 2
    stop_server && return $status
}

# Stopped for longer than a device may be silent: the pause was ours, so no device is taken for silent and nothing is lost.
stopped_and_continued() {
    start_server --realm "$realm" --password "$password" --store memory --gb28181 "$platform" --gb-keepalive 2x2 || return
    local java load status=0
    java=$(server_java)
    bench/run load --scenario gb28181 --target "udp://127.0.0.1:$udp" --users 400 --rate 200 --duration 18s --connections 8 --fail-on "timeouts>0" --password "$password" --realm "$realm" >"$work/load" 2>&1 &
    load=$!
    sleep 8
    kill -STOP "$java" && sleep "${STOP_SECONDS:-6}" && kill -CONT "$java"
    wait "$load" || status=1
    grep -E "done in|[0-9] errors [(;]" "$work/load" | tail -n 2
    echo "taken for silent: $(metric 'event="keepalive_timeouts"'), callbacks that failed: $(metric 'reason="callback"')"
    (($(metric 'event="keepalive_timeouts"') == 0 && $(metric 'reason="callback"') == 0)) || status=1
    (($(metric 'event="keepalives"') > 1000)) || status=1
    stop_server && return $status
}

# Short of memory the process ends, with status 3; what the store acknowledged is there when it is started again.
memory_runs_out() {
    local acknowledged found status=0 ended
    rm -rf "$work/short"
    SIPWIRE_JAVA_OPTS='-Xmx64m' start_server --realm "$realm" --password "$password" --threads 1 --store "rocksdb:$work/short" || return
    bench/run load --target "udp://127.0.0.1:$udp" --users 400000 --rate 4000 --duration 60s --timeout 2s --password "$password" --realm "$realm" \
        --acknowledged "$work/granted" >"$work/load" 2>&1 &
    local load=$! i
    for ((i = 0; i < 120; i++)); do
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.5
    done
    kill "$load" 2>/dev/null
    wait "$load" 2>/dev/null
    kill -0 "$server_pid" 2>/dev/null && { echo "it still runs"; stop_server; return 1; }
    wait "$server_pid"
    ended=$?
    server_pid=''
    acknowledged=$(awk '{ print $3 }' "$work/granted" | sort -u | wc -l)
    echo "it ended with status $ended after $acknowledged granted registrations"
    start_server --realm "$realm" --password "$password" --store "rocksdb:$work/short" || return
    found=$(metric 'sip_addresses_of_record ')
    echo "$found addresses after the restart"
    ((ended == 3 && acknowledged > 0 && found >= acknowledged)) || status=1
    stop_server && return $status
}

# Connections that lie about TLS and WebSocket, and one that wants to negotiate again and again.
connection_floods() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout "$work/flood.key" -out "$work/flood.pem" 2>/dev/null || return
    start_server --realm "$realm" --password "$password" --store memory --listen tls://127.0.0.1:0 --listen ws://127.0.0.1:0 \
        --tls-certificate "$work/flood.pem" --tls-key "$work/flood.key" || return
    local ready before after failed=0
    ready=$(grep '^ready' "$work/out")
    before=$(resident_kilobytes)
    FLOOD_RATE=1000 flood_beside tls-handshake "$(port_of tls "$ready")" || failed=1
    FLOOD_RATE=1000 flood_beside websocket-lie "$(port_of ws "$ready")" || failed=1
    # R makes s_client negotiate again: refused, the connection ends.
    (sleep 1; echo R; sleep 2) | timeout 10 openssl s_client -tls1_2 -connect "127.0.0.1:$(port_of tls "$ready")" >"$work/again" 2>&1
    grep -q 'RENEGOTIATING' "$work/again" && grep -Ei 'no renegotiation|handshake failure|alert' "$work/again" | head -n 2 | grep . || { tail -n 5 "$work/again"; failed=1; }
    after=$(resident_kilobytes)
    echo "resident: $before kB before, $after kB after"
    get /metrics | grep -E '^sip_(connections|shed)' | grep -v ' 0\.0$'
    (($(metric 'sip_connections_closed_total{reason="handshake"}') > 0 && failed == 0 && after < before + 500000)) || failed=1
    stop_server && return $failed
}

# Mixed load with churn; every buffer is watched, and in the end the server must have let go of everything.
soaks() {
    bench/run soak --minutes 0.2 --rate 300 --every 3 --max-errors 0.5 --java-opts '-Xms256m -Xmx256m -Dio.netty.leakDetection.level=paranoid'
}
