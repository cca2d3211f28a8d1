# Registration and authentication by foreign clients: a softphone, another server's registrations upstream, users in Redis. Sourced by run.

packages+=(baresip-core)

# A server for one domain; these clients take it as their outbound proxy, so no name is resolved.
start_auth() { start_server --domain example.com --realm example.com --password secret --store memory --flow-timer 90; }

# registered USER JQ: the bindings of the user, once the expression holds for them.
registered() {
    local i
    for ((i = 0; i < 40; i++)); do
        get "/v1/bindings/$1@example.com" >"$work/bindings" 2>/dev/null && jq -e "$2" "$work/bindings" >/dev/null && { cat "$work/bindings"; return 0; }
        sleep 0.25
    done
    echo "not registered: $1"
    return 1
}

# baresip_user USER TRANSPORT PORT PARAMETERS: registers, is found in the bindings, and takes its binding away when it ends.
baresip_user() {
    local home=$work/baresip-$1 modules
    modules=$(dirname "$(dpkg -L baresip-core | grep '/account.so$')")
    mkdir -p "$home"
    printf '%s\n' "module_path $modules" "sip_listen 127.0.0.1:0" "module g711.so" "module_tmp uuid.so" "module_app account.so" "module_app menu.so" \
        "audio_player none" "audio_source none" >"$home/config"
    echo "<sip:$1@example.com;transport=$2>;auth_user=$1;auth_pass=secret;regint=60;outbound=\"sip:127.0.0.1:$3;transport=$2\"$4" >"$home/accounts"
    : >"$home/contacts"
    timeout 30 baresip -f "$home" -s >"$home/log" 2>&1 </dev/null &
    local pid=$!
    registered "$1" '.bindings | length == 1'
    local status=$?
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    ((status == 0)) && grep -q '200 OK' "$home/log" || { tail -n 60 "$home/log"; return 1; }
}
baresip_udp() { baresip_user baresip-udp udp "$udp" ''; }
baresip_tcp() { baresip_user baresip-tcp tcp "$tcp" ''; }
# RFC 5626: the binding is one of a flow, which has a public GRUU since the phone names its instance.
baresip_outbound() { baresip_user baresip-outbound tcp "$tcp" ';sipnat=outbound' && jq -e '.bindings[0].gruu | startswith("sip:baresip-outbound@example.com;gr=urn:uuid:")' "$work/bindings"; }

# Kamailio registers a hundred users here as at its upstream; each is challenged and answers.
kamailio_upstream() {
    local home=$work/uac i ha1
    mkdir -p "$home/db"
    printf 'table_name(string) table_version(int)\nuacreg:5\n' >"$home/db/version"
    {
        printf '%s ' 'id(int,auto)' 'l_uuid(string)' 'l_username(string)' 'l_domain(string)' 'r_username(string)' 'r_domain(string)' 'realm(string)' \
            'auth_username(string)' 'auth_password(string,null)' 'auth_ha1(string)' 'auth_proxy(string)' 'expires(int)' 'flags(int)' 'reg_delay(int)' \
            'contact_addr(string,null)' 'socket(string,null)'
        echo
        for ((i = 0; i < 100; i++)); do
            ha1=$(printf 'uac%d:example.com:secret' $i | md5sum | cut -d' ' -f1)
            echo "$((i + 1)):u$i:uac$i:example.com:uac$i:example.com:example.com:uac$i::$ha1:sip\\:127.0.0.1\\:$udp:60:0:0::"
        done
    } >"$home/db/uacreg"
    local port=5072
    cat >"$home/uac.cfg" <<END
#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:$port
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "db_text.so"
loadmodule "uac.so"
modparam("uac", "reg_db_url", "text://$home/db")
modparam("uac", "reg_contact_addr", "127.0.0.1:$port")
modparam("uac", "reg_timer_interval", 5)
modparam("uac", "reg_retry_interval", 5)
request_route { sl_send_reply("405", "Method Not Allowed"); }
END
    kamailio -DD -E -f "$home/uac.cfg" -Y "$home" -P "$home/pid" -m 64 -M 8 >"$home/log" 2>&1 &
    kamailio_pid=$!
    registered uac0 '.bindings[0].cseq > 0' && registered uac99 '.bindings | length == 1'
    local status=$?
    stop_kamailio
    ((status == 0)) || tail -n 40 "$home/log"
    return $status
}

# One user of a Redis hash registers, another does not exist.
redis_users() {
    local port=16379 status
    redis-server --bind 127.0.0.1 --port $port --save '' --dir "$work" >"$work/redis.log" 2>&1 &
    local pid=$!
    timeout 20 bash -c "until redis-cli -p $port ping; do sleep 0.1; done" >/dev/null 2>&1 &&
        redis-cli -p $port hset sipwire:user:127.0.0.1:dora MD5 "$(printf 'dora:127.0.0.1:secret' | md5sum | cut -d' ' -f1)" >/dev/null &&
        start_server --realm 127.0.0.1 --users "redis://127.0.0.1:$port" --store memory &&
        sipsak -U -C sip:dora@127.0.0.1:5090 -s "sip:dora@127.0.0.1:$udp" -u dora -a secret -x 120 -v &&
        ! sipsak -U -C sip:nora@127.0.0.1:5090 -s "sip:nora@127.0.0.1:$udp" -u nora -a secret -x 120 >/dev/null 2>&1 &&
        get "/v1/bindings?limit=10" | jq -e '[.addresses[].aor] == ["dora@127.0.0.1"]' && stop_server
    status=$?
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    ((status == 0)) || { stop_server; tail -n 20 "$work/redis.log"; }
    return $status
}
