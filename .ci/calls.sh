# Calls against `bench/run uas`: the INVITE and non-INVITE transactions as SIPp sees them. Sourced by .ci/run.

uas_pid='' socat_pid=''

start_uas() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/uas.key" -out "$work/uas.pem" -days 2 -subj /CN=localhost 2>/dev/null || return
    bench/run uas --listen udp://127.0.0.1:0 --listen tcp://127.0.0.1:0 --listen tls://127.0.0.1:0 --tls-certificate "$work/uas.pem" --tls-key "$work/uas.key" \
        >"$work/uas" 2>&1 </dev/null &
    uas_pid=$!
    local i
    for ((i = 0; i < 1200; i++)); do
        grep -q '^ready' "$work/uas" && break
        kill -0 "$uas_pid" 2>/dev/null || { cat "$work/uas"; uas_pid=''; return 1; }
        sleep 0.25
    done
    grep '^ready' "$work/uas" || return
    local ready
    ready=$(grep '^ready' "$work/uas")
    uas_udp=$(port_of udp "$ready") uas_tcp=$(port_of tcp "$ready") uas_tls=$(port_of tls "$ready")
}

stop_uas() {
    [[ -n $socat_pid ]] && { kill "$socat_pid"; wait "$socat_pid"; } 2>/dev/null
    [[ -n $uas_pid ]] && { kill "$uas_pid"; wait "$uas_pid"; } 2>/dev/null
    uas_pid='' socat_pid=''
    return 0
}

# calls TRANSPORT PORT SCENARIO... : 20 calls of each; MORE has further options.
calls() {
    local transport=$1 port=$2 scenario status
    shift 2
    for scenario in "$@"; do
        rm -f "$work"/sipp*
        # shellcheck disable=SC2086
        sipp "127.0.0.1:$port" -sf "bench/sipp/$scenario.xml" -t "$transport" -i 127.0.0.1 -m 20 -r 20 -l 20 -timeout 60s -timeout_error -nostdin \
            ${MORE:-} -trace_err -error_file "$work/sipp.err" >"$work/sipp.out" 2>&1 </dev/null
        status=$?
        echo "$scenario over $transport: exit status $status"
        ((status == 0)) || { tail -n 40 "$work/sipp.out"; head -c 4000 "$work/sipp.err"; return 1; }
    done
}

calls_udp() { calls u1 "$uas_udp" options invite_busy invite_answer invite_trying cancel; }
calls_tcp() { calls t1 "$uas_tcp" options invite_busy invite_answer invite_trying cancel; }

# A fifth of all that SIPp sends and receives is lost: requests, final responses and ACKs come again, and every call ends.
calls_with_loss() {
    MORE='-lost 20' calls u1 "$uas_udp" options invite_busy invite_answer
}

# Debian's SIPp has no TLS: socat's OpenSSL carries its TCP.
calls_tls() {
    socat "TCP-LISTEN:0,bind=127.0.0.1,fork" "OPENSSL:127.0.0.1:$uas_tls,verify=0" 2>"$work/socat" &
    socat_pid=$!
    local i port=''
    for ((i = 0; i < 40; i++)); do
        port=$(ss -Hltnp | sed -n "s/.*127\.0\.0\.1:\([0-9]*\) .*pid=$socat_pid,.*/\1/p")
        [[ -n $port ]] && break
        sleep 0.1
    done
    calls t1 "$port" options invite_busy invite_answer invite_trying cancel
}
