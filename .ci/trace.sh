# SPDX-License-Identifier: Apache-2.0
# What an operator sees of the wire: the trace's capture file and the HEP packets as tshark reads them, and bench/run explain.

packages+=(sngrep tshark)
hep_port='' hep_pid=''

# A Homer that writes each packet it gets as a hexadecimal dump into a file of its own.
start_collector() {
    stop_collector
    rm -rf "$work/hep"
    mkdir -p "$work/hep"
    hep_port=$((30000 + RANDOM % 2000))
    socat -u "UDP-RECVFROM:$hep_port,bind=127.0.0.1,fork" "SYSTEM:od -Ax -tx1 -v >$work/hep/\$\$" &
    hep_pid=$!
}
stop_collector() {
    [[ -n $hep_pid ]] || return 0
    kill "$hep_pid" 2>/dev/null
    wait "$hep_pid" 2>/dev/null
    hep_pid=''
}

# seen_by_tshark FILE OPTION...: methods and statuses with their numbers, one a line.
seen_by_tshark() {
    local file=$1
    shift
    tshark -r "$file" "$@" -Y sip -T fields -E occurrence=a -E aggregator=' ' -e sip.Method -e sip.Status-Code 2>/dev/null |
        tr -s ' \t' '\n\n' | grep . | sort | uniq -c
}

# of_readme HEADING N: the N-th block of commands under a heading of README, for this server's ports, with files in a folder of its own.
of_readme() {
    awk -v heading="$1" -v n="$2" '
        /^#+ / { on = $0 ~ "^#+ " heading "$" }
        /^```$/ { inside = 0 }
        on && inside
        on && /^```sh$/ { inside = ++blocks == n }' README.md |
        sed "s|127\.0\.0\.1:9464|127.0.0.1:$http|; s|127\.0\.0\.1 5060|127.0.0.1 $udp|; s|camera\.|$work/&|g"
}

# What README tells somebody whose camera does not register to type, as it stands there: traces, lets the camera try, looks, explains.
trace_of_readme() {
    local heading='See what goes over the wire' commands
    commands=$(of_readme "$heading" 1) && (($(wc -l <<<"$commands") == 3)) || { echo "README has other commands: $commands"; return 1; }
    echo "$commands"
    bash -e -c "$(head -n 1 <<<"$commands")" | jq -e .trace.on || return
    bash -e -c "$(of_readme 'A first try: the captured camera' 1)" >/dev/null || return
    bash -e -o pipefail -c "$(tail -n +2 <<<"$commands")" >"$work/looked" || return
    cat "$work/looked"
    grep -q '^Registered' "$work/looked" && grep -q '^  401' "$work/looked" || return
    seen_by_tshark "$work/camera.pcap" -d "udp.port==$udp,sip" | grep -x ' *3 REGISTER' || return
    commands=$(of_readme "$heading" 2)
    echo "$commands"
    bash -e -c "$commands" >"$work/looked" && grep -q '^Registered' "$work/looked" && grep -q '<svg' "$work/camera.html" || { cat "$work/looked"; return 1; }
    # What leaves the process holds no proof that a password could be searched by.
    ! tshark -r "$work/camera.pcap" -d "udp.port==$udp,sip" -Y sip.auth.digest.response -T fields -e sip.auth.digest.response 2>/dev/null | grep -vx '"\?x*"\?'
}

# The messages of a camera over UDP and of one over TCP: tshark counts in the capture what the server says it saw.
trace_exported() {
    start_collector
    start_server --realm "$realm" --password "$password" --gb28181 "$platform" --store memory --trace-secrets --hep "udp://127.0.0.1:$hep_port" || return
    [[ $(curl -sS -o /dev/null -w '%{http_code}' -d '{"seconds":120}' "http://127.0.0.1:$http/v1/trace") == 201 ]] || return
    bench/sipp/device udp 127.0.0.1 "$udp" "$password" >/dev/null &&
        bench/sipp/device tcp 127.0.0.1 "$tcp" "$password" 34020000001320000004 >/dev/null || return
    get '/v1/trace?limit=1000' >"$work/trace.json" && get /v1/trace.pcap >"$work/trace.pcap" || return
    jq -r '.messages[].startLine | split(" ") | if .[0] == "SIP/2.0" then .[1] else .[0] end' "$work/trace.json" | sort | uniq -c >"$work/trace.said"
    cat "$work/trace.said"
    seen_by_tshark "$work/trace.pcap" -d "udp.port==$udp,sip" -d "tcp.port==$tcp,sip" | diff - "$work/trace.said" || return
    # Checksums, sequence numbers and reassembly as an expert sees them.
    ! tshark -r "$work/trace.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -Y '_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags' 2>/dev/null | grep . || return
    jq -e '[.flows[] | select(.verdict | startswith("Registered"))] | length == 2' "$work/trace.json"
}

explain_exported() {
    bench/run explain "$work/trace.pcap" --password "$password" >"$work/explained" || return
    grep -c '^Registered, the Digest fits the given password' "$work/explained" | grep -qx 2 || { cat "$work/explained"; return 1; }
    bench/run explain "$work/trace.pcap" --password wrong | grep -q 'does not fit the given password' || return
    bench/run explain "$work/trace.pcap" --flow "$sip_user" --html "$work/explained.html" && grep -q '<svg' "$work/explained.html" || return
    # What tshark writes is read as well: another format of file.
    tshark -r "$work/trace.pcap" -F pcapng -w "$work/trace.pcapng" 2>/dev/null
    bench/run explain "$work/trace.pcapng" --password "$password" | diff - "$work/explained" || return
    local refusal
    refusal=$(bench/run explain .ci/run 2>&1)
    [[ $? -eq 2 && $(wc -l <<<"$refusal") -eq 1 ]] && echo "$refusal"
}

# sngrep takes the file for what it is: a dialog for each Call-ID, and all messages in what it writes again.
sngrep_reads() {
    timeout 20 sngrep -N -I "$work/trace.pcap" -O "$work/sngrep.pcap" </dev/null >"$work/sngrep.out" 2>&1 || { cat "$work/sngrep.out"; return 1; }
    tr '\r' '\n' <"$work/sngrep.out" | tail -n 1
    grep -q 'Dialog count: [1-9]' "$work/sngrep.out"
}

# Everything the server saw has reached the collector as HEP; the server's end sends what was left.
hep_decoded() {
    [[ -s $work/trace.json ]] || { echo "there is no trace to compare with"; return 1; }
    stop_server || return
    local i
    for ((i = 0; i < 50; i++)); do
        (($(cat "$work"/hep/* | grep -c '^000000') >= $(jq .total "$work/trace.json"))) && break
        sleep 0.1
    done
    stop_collector
    cat "$work"/hep/* >"$work/hep.txt"
    text2pcap -q -u "40000,$hep_port" "$work/hep.txt" "$work/hep.pcap" || return
    local decode=(-X lua_script:.ci/hep.lua -d "udp.port==$hep_port,hep")
    tshark -r "$work/hep.pcap" "${decode[@]}" -Y '!hep || hep.broken || hep.agent != 2001' 2>/dev/null | grep . && return 1
    tshark -r "$work/hep.pcap" "${decode[@]}" -c 1 -O hep 2>/dev/null | grep -A 12 '^Homer'
    seen_by_tshark "$work/hep.pcap" "${decode[@]}" | diff - "$work/trace.said" || return
    # What a capture of the way to Homer has is explained as well.
    bench/run explain "$work/hep.pcap" --password "$password" | grep -c '^Registered, the Digest fits the given password' | grep -qx 2
}
