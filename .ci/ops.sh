# shellcheck shell=bash
# How the server is operated: Debian's Prometheus scrapes it under load, Chromium looks at its page, systemd's protocol, reload and drain.
# Sourced by run. SCREENSHOTS names a folder that the page's pictures are left in.

prometheus_pid='' driver_pid='' driver=''

resources=registrar/src/main/resources/operate
packages+=(chromium chromium-driver prometheus python3-minimal)

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# wait_for SECONDS COMMAND...: until the command is true.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || { echo "waited in vain for: $*"; return 1; }
        sleep 0.2
    done
}

# ---------------------------------------------------------------- Prometheus

# query EXPRESSION: the result of an instant query, JSON.
query() { curl -fsS --max-time 10 "http://127.0.0.1:$prometheus/api/v1/query" --data-urlencode "query=$1"; }
# value EXPRESSION: its only value, 0 when there is none.
value() { query "$1" | jq -r '.data.result[0].value[1] // "0"'; }

start_prometheus() {
    stop_prometheus
    prometheus=$(free_port)
    cp "$resources/prometheus-rules.yml" "$work/"
    cat >"$work/prometheus.yml" <<YAML
global: {scrape_interval: 2s, evaluation_interval: 2s}
rule_files: [prometheus-rules.yml]
scrape_configs:
  - job_name: sipwire
    authorization: {credentials: $http_token}
    static_configs: [{targets: ["127.0.0.1:$http"]}]
YAML
    prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" --web.listen-address="127.0.0.1:$prometheus" \
        >"$work/prometheus.log" 2>&1 &
    prometheus_pid=$!
    wait_for 30 curl -fs -o /dev/null "http://127.0.0.1:$prometheus/-/ready" || { cat "$work/prometheus.log"; return 1; }
}
stop_prometheus() {
    [[ -n $prometheus_pid ]] || return 0
    kill "$prometheus_pid" 2>/dev/null
    wait "$prometheus_pid" 2>/dev/null
    prometheus_pid=''
}

# The unit, with this checkout in the place of /opt/sipwire.
unit_is_sound() {
    command -v systemd-analyze >/dev/null || { echo "no systemd here to read the unit"; return 0; }
    sed "s|/opt/sipwire|$root|; s|^\(User\|Group\)=.*|\1=root|" "$resources/sipwire.service" >"$work/sipwire.service"
    local said
    said=$(systemd-analyze verify --man=no "$work/sipwire.service" 2>&1) && [[ -z $said ]] || { echo "$said"; return 1; }
}

rules_are_sound() { promtool check rules "$resources/prometheus-rules.yml"; }

# Scrapes during a load; afterwards the counters are what the generator sent and got, to the message. The platform does not ask for
# catalogues: it would go on asking when the generator is gone.
prometheus_under_load() {
    http_token=$RANDOM$RANDOM$RANDOM
    start_server --realm "$realm" --password "$password" --gb28181 "$platform" --gb-catalog false --store memory \
        --http-token "$http_token" || return
    start_prometheus || return
    bench/run load --target "udp://127.0.0.1:$udp" --users 5000 --rate 500 --duration 30s --password "$password" --realm "$realm" \
        --json "$work/load.json" --fail-on 'errors>0' || return
    local before scrapes sent received got answered
    before=$(value 'count_over_time(up[5m])')
    scrape_came() { (($(value 'count_over_time(up[5m])') > before + 1)); }
    wait_for 20 scrape_came || return
    scrapes=$(value 'sum_over_time(up{job="sipwire"}[5m])')
    echo "$scrapes of $(value 'count_over_time(up[5m])') scrapes came, the slowest $(value 'max_over_time(scrape_duration_seconds[5m])') s," \
        "largest lag of a loop $(value 'max_over_time(sip_loop_lag_max_seconds[5m])') s"
    # A machine that is busy with other things misses some.
    ((scrapes >= 10)) || return
    sent=$(jq .messagesSent "$work/load.json") received=$(jq .messagesReceived "$work/load.json")
    got=$(value 'sum(sip_requests_received_total) + sum(sip_responses_received_total)')
    answered=$(value 'sum(sip_requests_sent_total) + sum(sip_responses_sent_total)')
    echo "the generator sent $sent and received $received; the server received $got and sent $answered"
    [[ $sent == "$got" && $received == "$answered" ]]
}

metrics_are_clean() {
    curl -fsS -H "Authorization: Bearer $http_token" "http://127.0.0.1:$http/metrics" >"$work/metrics" && promtool check metrics <"$work/metrics"
}

# Every meter that README documents has arrived in Prometheus.
every_meter_arrives() {
    local name missing=()
    for name in $(sed -n 's/^| `\(sip_[a-z0-9_]*\)`.*/\1/p' README.md); do
        [[ $(value "count({__name__=~\"${name}(_bucket)?\"})") == 0 ]] && missing+=("$name")
    done
    ((${#missing[@]} == 0)) || { echo "not in Prometheus: ${missing[*]}"; return 1; }
}

# Every query of the dashboard and of the alerts is one that Prometheus answers, the dashboard's with something to draw.
dashboard_draws() {
    local expression answer panels=0 empty=0
    while IFS= read -r expression; do
        expression=${expression//\$__rate_interval/30s}
        expression=${expression//\$instance/.*}
        answer=$(query "$expression") || { echo "refused: $expression"; return 1; }
        panels=$((panels + 1))
        [[ $(jq '.data.result | length' <<<"$answer") -gt 0 ]] || { echo "nothing to draw: $expression"; empty=$((empty + 1)); }
    done < <(jq -r '.panels[].targets[].expr' "$resources/grafana-dashboard.json")
    echo "$panels queries of $(jq '.panels | length' "$resources/grafana-dashboard.json") panels"
    ((panels > 30 && empty == 0)) || return
    curl -fsS "http://127.0.0.1:$prometheus/api/v1/rules" |
        jq -e '[.data.groups[].rules[] | select(.health != "ok")] | if length > 0 then debug | false else true end'
}

end_prometheus() { stop_prometheus; stop_server; }

# ---------------------------------------------------------------- the page

# webdriver METHOD PATH [JSON]
webdriver() { curl -fsS --max-time 60 -X "$1" -H 'Content-Type: application/json' "http://127.0.0.1:$driver$2" ${3:+-d "$3"}; }
# in_page SCRIPT: what it returns, JSON.
in_page() { webdriver POST "/session/$session/execute/sync" "$(jq -n --arg s "$1" '{script: $s, args: []}')" | jq -c .value; }
page_says() { [[ $(in_page "return ($1) ? true : false") == true ]]; }
picture() {
    webdriver GET "/session/$session/screenshot" | jq -r .value | base64 -d >"$work/$1.png" && [[ $(stat -c %s "$work/$1.png") -gt 20000 ]] || return
    [[ -z ${SCREENSHOTS:-} ]] || cp "$work/$1.png" "$SCREENSHOTS/"
}

start_browser() {
    stop_browser
    driver=$(free_port)
    chromedriver --port="$driver" >"$work/driver.log" 2>&1 &
    driver_pid=$!
    wait_for 20 curl -fs -o /dev/null "http://127.0.0.1:$driver/status" || return
    session=$(webdriver POST /session '{"capabilities":{"alwaysMatch":{"goog:loggingPrefs":{"browser":"ALL"},"goog:chromeOptions":{"args":["--headless",
        "--no-sandbox","--disable-background-networking","--disable-dev-shm-usage","--disable-gpu","--window-size=1280,2000","--user-data-dir='"$work"'/browser"]}}}}' |
        jq -r .value.sessionId) && [[ -n $session && $session != null ]]
}
stop_browser() {
    [[ -n $driver_pid ]] || return 0
    [[ -n ${session:-} ]] && webdriver DELETE "/session/$session" >/dev/null 2>&1
    kill "$driver_pid" 2>/dev/null
    wait "$driver_pid" 2>/dev/null
    driver_pid=''
}

# A fleet registers while the page is open; then a camera with a catalogue, one with a wrong password whose ladder is recorded, and a
# camera whose firmware calls itself by markup.
page_in_browser() {
    cat >"$work/markup.py" <<'PYTHON'
import hashlib, re, socket, sys
port, realm, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
user, uri = "34020000001320000999", "sip:127.0.0.1:%d" % port
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("127.0.0.1", port))
md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
def register(cseq, extra):
    s.send(("REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKm%d\r\nFrom: <sip:%s@340200000>;tag=1\r\nTo: <sip:%s@340200000>\r\n"
            "Call-ID: markup\r\nCSeq: %d REGISTER\r\nContact: <sip:%s@127.0.0.1:5099>\r\nMax-Forwards: 70\r\nExpires: 3600\r\n"
            "User-Agent: <img src=x onerror=alert(1)>\r\n%sContent-Length: 0\r\n\r\n" % (uri, cseq, user, user, cseq, user, extra)).encode())
    return s.recv(65535).decode()
nonce = re.search('nonce="([^"]*)"', register(1, "")).group(1)
answer = md5(md5("%s:%s:%s" % (user, realm, password)) + ":" + nonce + ":" + md5("REGISTER:" + uri))
ok = register(2, 'Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"\r\n' % (user, realm, nonce, uri, answer))
sys.exit(0 if " 200 " in ok.split("\r\n")[0] else ok)
PYTHON
    start_platform && start_browser || return
    local tries intruder=34020000001320000666 status=0
    webdriver POST "/session/$session/url" "{\"url\":\"http://127.0.0.1:$http/\"}" >/dev/null || return
    wait_for 20 page_says 'document.getElementById("connection").textContent === "live"' || return
    # First, as the fleet has a device of that number too, which leaves the question for its catalogue unanswered.
    captured_device_udp >/dev/null || status=1
    bench/run load --target "udp://127.0.0.1:$udp" --users 40 --rate 300 --duration 10s --password "$password" --realm "$realm" --fail-on 'done<1000' >"$work/fleet.out" 2>&1 &
    local fleet=$!
    wait_for 60 page_says '[...document.querySelectorAll("#received tr")].some(r => r.cells[0].textContent === "REGISTER" && parseInt(r.cells[1].textContent.replace(",", "")) > 100)' || status=1
    sleep 4
    picture page-fleet || status=1
    wait "$fleet" || { tail -5 "$work/fleet.out"; status=1; }
    wait_for 10 page_says "[...document.querySelectorAll('#device-rows tr')].some(r => r.textContent.includes('$sip_user') && r.textContent.includes('online'))" || status=1
    in_page "location.hash = 'device/$sip_user'" >/dev/null
    wait_for 10 page_says "document.getElementById('catalog').textContent.includes('34020000001320000101')" || status=1
    # What is recorded is asked for as an operator asks: in the form.
    in_page "document.getElementById('trace-kind').value = 'device'; document.getElementById('trace-what').value = '$intruder';
        document.querySelector('#trace-form button').click()" >/dev/null
    wait_for 10 page_says "document.getElementById('trace-note').textContent.startsWith('Recording')" || status=1
    bench/sipp/device udp 127.0.0.1 "$udp" wrong-password "$intruder" >"$work/intruder.out" 2>&1 && status=1
    wait_for 10 page_says "[...document.querySelectorAll('#failure-rows tr')].some(r => r.textContent.includes('wrong') && r.textContent.includes('$intruder'))" || status=1
    wait_for 10 page_says "document.querySelectorAll('#flows li').length >= 4 && /REGISTER/.test(document.getElementById('flows').textContent) && /401/.test(document.getElementById('flows').textContent)" || status=1
    page_says "!document.body.textContent.includes('wrong-password')" || { echo "the password is on the page"; status=1; }
    python3 "$work/markup.py" "$udp" "$realm" "$password" || status=1
    wait_for 10 page_says "document.getElementById('binding-rows').textContent.includes('<img src=x') && document.getElementById('device-rows').textContent.includes('<img src=x')" || status=1
    page_says "document.querySelectorAll('main img').length === 0" || { echo "a device's name became markup"; status=1; }
    in_page "document.getElementById('ladder').scrollIntoView()" >/dev/null
    picture page-ladder || status=1
    in_page "document.getElementById('failures').scrollIntoView()" >/dev/null
    picture page-failures || status=1
    # Everything that can be typed into or pressed has a name; every section is a landmark with one.
    page_says "[...document.querySelectorAll('input, select')].every(e => e.labels.length || e.ariaLabel) && [...document.querySelectorAll('section')].every(s => document.getElementById(s.getAttribute('aria-labelledby')))" ||
        { echo "a control or a section has no name"; status=1; }
    tries=$(webdriver POST "/session/$session/se/log" '{"type":"browser"}' | jq '[.value[] | select(.level == "SEVERE")]')
    [[ $tries == '[]' ]] || { echo "$tries"; status=1; }
    ((status == 0)) || { in_page 'return document.body.innerText' | cut -c 1-3000; tail -3 "$work/intruder.out"; tail -3 "$work/err"; }
    stop_browser
    stop_server && return $status
}

# ---------------------------------------------------------------- the process

# A new certificate in the place of the one that the server was told of.
certify() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" -keyout "$work/live.key" -out "$work/live.crt" 2>/dev/null
}
# Whether a new connection is shown the certificate of this name.
shows() { openssl s_client -connect "127.0.0.1:$tls" </dev/null 2>/dev/null | openssl x509 -noout -subject | grep -qx "subject=CN = $1"; }
answers_over_old_connection() { (($(grep -c '^SIP/2.0 200 ' "$work/old") == $1)); }
options() {
    printf '%s\r\n' 'OPTIONS sip:127.0.0.1 SIP/2.0' "Via: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK$1" 'From: <sip:a@127.0.0.1>;tag=1' 'To: <sip:b@127.0.0.1>' \
        "Call-ID: $1" 'CSeq: 1 OPTIONS' 'Max-Forwards: 70' 'Content-Length: 0' ''
}

# SIGHUP after a renewal: new connections see the new certificate, one that is up lives on; a broken one changes nothing.
certificate_is_renewed() {
    local old status=0
    exec {old}> >(socat - "OPENSSL:127.0.0.1:$tls,verify=0" >"$work/old" 2>/dev/null)
    shows first || status=1
    options before >&"$old"
    wait_for 10 answers_over_old_connection 1 || status=1
    certify renewed && kill -HUP "$server_pid" && wait_for 10 shows renewed || status=1
    echo broken >"$work/live.crt"
    kill -HUP "$server_pid"
    wait_for 10 grep -q 'Not reloaded, all stays as it was: the TLS certificate' "$work/err" && shows renewed || status=1
    options after >&"$old"
    wait_for 10 answers_over_old_connection 2 || status=1
    exec {old}>&-
    certify again
    return $status
}

# Told what systemd is told; reloads by signal and by request; answers 503 while it drains; ends with status 0.
process_is_managed() {
    local token=$RANDOM$RANDOM
    cat >"$work/notify.py" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(300)
while True:
    state = s.recv(4096).decode()
    print(state.split("\n")[0], flush=True)
    if state.startswith("STOPPING"):
        break
PYTHON
    # Of its own, should this be the second try.
    local notify=$work/notify.$RANDOM
    python3 "$work/notify.py" "$notify" >"$work/notified" &
    local listener=$!
    printf 'password=%s\nrealm=%s\nstore=memory\nmax-contacts=5\nhttp-token=%s\nlog-format=json\nlog-level=trace\n' "$password" "$realm" "$token" >"$work/sipwire.conf"
    printf 'tls-certificate=%s\ntls-key=%s\n' "$work/live.crt" "$work/live.key" >>"$work/sipwire.conf"
    certify first || return
    wait_for 10 test -S "$notify" || return
    SIPWIRE_DRAIN=3 NOTIFY_SOCKET=$notify start_server --listen tls://127.0.0.1:0 --config "$work/sipwire.conf" || return
    local tls
    tls=$(port_of tls "$(<"$work/out")")
    certificate_is_renewed || return
    registrar/run --config "$work/sipwire.conf" --print-config >"$work/printed" || return
    grep -qx 'max-contacts=5' "$work/printed" && grep -qx 'password=\*\*\*\*\*\*\*\*' "$work/printed" && ! grep -q -e "$token" -e "$password" "$work/printed" ||
        { cat "$work/printed"; return 1; }
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http/metrics") == 401 ]] || return
    bench/run load --target "udp://127.0.0.1:$udp" --users 20 --rate 20 --duration 2s --password "$password" --realm "$realm" --fail-on 'errors>0' >/dev/null || return
    bench/sipp/device udp 127.0.0.1 "$udp" wrong-password >/dev/null 2>&1
    sed -i 's/max-contacts=5/max-contacts=7/' "$work/sipwire.conf"
    curl -fsS -X POST -H "Authorization: Bearer $token" "http://127.0.0.1:$http/v1/reload" >"$work/reloaded" || return
    cat "$work/reloaded"
    jq -e '.changed == ["max-contacts"]' "$work/reloaded" || return
    echo 'max-contcats=8' >>"$work/sipwire.conf"
    kill -HUP "$server_pid"
    wait_for 10 grep -q "unknown option 'max-contcats'" "$work/err" || return
    get /ready || return
    kill -TERM "$server_pid"
    not_ready() { [[ $(curl -s -o /dev/null -w '%{http_code}' --max-time 2 "http://127.0.0.1:$http/ready") == 503 ]]; }
    wait_for 3 not_ready || return
    stop_server || return
    wait "$listener"
    [[ $(<"$work/notified") == $'READY=1\nSTOPPING=1' ]] || { cat "$work/notified"; return 1; }
    jq -es 'all(.[]; .time and .level and .message)' "$work/err" >/dev/null || { cat "$work/err"; return 1; }
    # At no level is a secret in the log, nor what one can be guessed from; each refusal has its reason and source. This device knows no qop.
    ! grep -i -e "$token" -e "$password" -e wrong-password -e 'response=' -e nonce= "$work/err" &&
        jq -es 'any(.[]; .reason == "downgrade" and (.source | startswith("udp://127.0.0.1:")))' "$work/err"
}

stop_operating() {
    [[ -n $prometheus_pid ]] && kill -KILL "$prometheus_pid" 2>/dev/null
    [[ -n $driver_pid ]] && kill -KILL "$driver_pid" 2>/dev/null
}
