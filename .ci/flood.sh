# Hostile traffic: the server keeps answering the others, and its memory stays bounded. Sourced by .ci/run.

flood_datagrams=(register wrong-password same-branch same-call-id cancel rfc2543 options invite large contacts noise)

resident_kilobytes() {
    local java
    java=$(pgrep -P "$server_pid" java || echo "$server_pid")
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$java/status"
}

# flood_beside KIND PORT: a flood of the kind from another address, and registrations meanwhile, none of which may fail.
flood_beside() {
    local status
    bench/run flood "$1" --target "127.0.0.1:$2" --rate "${FLOOD_RATE:-5000}" --duration 4 --realm "$realm" >"$work/flood" 2>&1 &
    local flooding=$!
    sleep 1
    bench/run load --target "udp://127.0.0.1:$udp" --users 2000 --rate 200 --duration 2s --password "$password" --realm "$realm" --fail-on 'errors>0' >"$work/load" 2>&1
    status=$?
    wait "$flooding" || status=1
    cat "$work/flood"
    grep -E 'errors' "$work/load" | head -n 1
    ((status == 0)) || cat "$work/load"
    kill -0 "$server_pid" 2>/dev/null && return $status
}

floods() {
    local kind failed=0 before after
    before=$(resident_kilobytes)
    for kind in "${flood_datagrams[@]}"; do flood_beside "$kind" "$udp" || failed=1; done
    for kind in slow-tcp connect; do FLOOD_RATE=1000 flood_beside "$kind" "$tcp" || failed=1; done
    FLOOD_RATE=1000 flood_beside slowloris "$http" || failed=1
    after=$(resident_kilobytes)
    echo "resident: $before kB before, $after kB after"
    get /metrics | grep -E '^sip_(parse_errors|shed|dropped|connections_closed|transactions)' | grep -v ' 0\.0$'
    # What 200,000 transactions and as many nonces may take; a leak of what was sent would be gigabytes.
    ((failed == 0 && after < before + 1500000))
}

# What cannot be right, message by message, with the answer that is promised or none at all; one field is of 50,000 octets.
sipp_malformed_datagrams() {
    local status
    { echo SEQUENTIAL; printf 'mallory;%s;%s\n' "$realm" "$(head -c 50000 /dev/zero | tr '\0' x)"; } >"$work/mallory.csv"
    (cd "$work" && sipp "127.0.0.1:$udp" -sf "$root/bench/sipp/malformed_datagrams.xml" -inf mallory.csv -t u1 -i 127.0.0.1 -m 1 -timeout 40s -timeout_error \
        -nostdin -trace_err -error_file "$work/sipp.err" >"$work/sipp.out" 2>&1 </dev/null)
    status=$?
    ((status == 0)) || { tail -n 60 "$work/sipp.out"; head -c 2000 "$work/sipp.err" 2>/dev/null; }
    return $status
}

# What the build downloads is what was looked at when it was pinned: the checksum of each library in the local repository, as the bill of
# materials has them. `PIN=1 bash .ci/run bill_of_materials dependencies_are_pinned` pins anew.
dependencies_are_pinned() {
    [[ -f target/bom.json ]] || bill_of_materials || return
    jq -r '.components[] | select(.group != "org.sipwire") | (.hashes[] | select(.alg == "SHA-256").content) + "  " + .purl' target/bom.json |
        LC_ALL=C sort -k2 >"$work/dependencies" || return
    [[ -n ${PIN:-} ]] && cp "$work/dependencies" .ci/dependencies.sha256
    diff .ci/dependencies.sha256 "$work/dependencies" && echo "$(wc -l <.ci/dependencies.sha256) libraries as pinned"
}

# What the server runs with, file by file: each library is in the bill of materials, with the checksum that the file has.
runtime_is_in_bill() {
    [[ -f target/bom.json ]] || bill_of_materials || return
    registrar/run --version || return
    local sum file status=0 count=0
    jq -r '.components[].hashes[]? | select(.alg == "SHA-256").content' target/bom.json | LC_ALL=C sort -u >"$work/billed"
    while read -r sum file; do
        [[ ${file##*/} == sipwire-* ]] && continue
        count=$((count + 1))
        grep -qx "$sum" "$work/billed" || { echo "$file is not in the bill of materials, or is another file than the one there"; status=1; }
    done < <(sha256sum registrar/target/lib/*.jar)
    echo "$count libraries of the server looked up"
    ((count > 20)) && return $status
}

# Scanners: found by svmap, as any SIP server is, and asked by svwar and svcrack; none finds a user or a password.
sipvicious() {
    local found status=0
    timeout 60 svmap -p "$udp" 127.0.0.1 >"$work/svmap" 2>&1
    timeout 60 svwar --force -m REGISTER -e100-140 -p "$udp" 127.0.0.1 >"$work/svwar" 2>&1
    timeout 60 svcrack -u 34020000001320000003 -r 1000-1200 -p "$udp" 127.0.0.1 >"$work/svcrack" 2>&1
    cat "$work"/svmap "$work"/svwar "$work"/svcrack | head -40
    found=$(grep -c '127.0.0.1' "$work/svmap")
    ((found > 0)) || status=1
    # Every extension gets the same answer: either all are named or none, and none without authentication.
    grep -qi 'noauth' "$work/svwar" && status=1
    grep -q '| *34020000001320000003 *| *[0-9]' "$work/svcrack" && status=1
    get "/v1/bindings?limit=1000" | jq -e '[.addresses[] | select(.aor | test("^1[0-4][0-9]@"))] | length == 0' >/dev/null || status=1
    return $status
}
