# The registration client against foreign registrars. Sourced by .ci/run.

upstream_port=15080

# Kamailio: Digest with counted nonces which live for 5 s, so that refreshes meet stale ones too.
registers_at_kamailio() {
    kamailio -DD -E -f "$root/bench/sipp/upstream.cfg" -l "udp:127.0.0.1:$upstream_port" -l "tcp:127.0.0.1:$upstream_port" -Y "$work" \
        -P "$work/kamailio.pid" -m 64 -M 8 >"$work/kamailio.log" 2>&1 &
    kamailio_pid=$!
    local i transport status=0
    for ((i = 0; i < 40; i++)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$upstream_port") 2>/dev/null && break
        sleep 0.25
    done
    for transport in udp tcp; do
        bench/run register --next-hop "sip:127.0.0.1:$upstream_port;transport=$transport" --domain example.org --users 500 --password "$password" --hold 1 || status=1
        # 8 s at 75 to 90 %: each is refreshed once, when its nonce is stale.
        bench/run register --next-hop "sip:127.0.0.1:$upstream_port;transport=$transport" --domain example.org --users 50 --password "$password" --expires 8 --hold 9 \
            >"$work/refreshed" || status=1
        cat "$work/refreshed"
        grep -q '^refreshed [1-9]' "$work/refreshed" || status=1
    done
    ((status == 0)) || tail -n 40 "$work/kamailio.log"
    stop_kamailio
    return $status
}

# Our own server, by the same client, over TLS.
registers_over_tls() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/server.key" -out "$work/server.pem" -days 2 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1' 2>/dev/null || return
    start_server --listen tls://127.0.0.1:15081 --tls-certificate "$work/server.pem" --tls-key "$work/server.key" --password "$password" --store memory || return
    bench/run register --next-hop "sip:127.0.0.1:15081;transport=tls" --users 200 --password "$password" --trusted "$work/server.pem"
    local status=$?
    stop_server && return $status
}
