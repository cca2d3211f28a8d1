// SPDX-License-Identifier: Apache-2.0
// The live page. Everything that came from a device is text, never markup: only textContent and setAttribute write it.
'use strict';

const byId = id => document.getElementById(id);
const HISTORY = 120, ROWS = 50, DEVICES = 200, FLOWS = 5;
let token = sessionStorage.getItem('token') || '';

function element(name, content, attributes) {
  const made = document.createElement(name);
  if (content instanceof Node) made.append(content);
  else if (content !== undefined && content !== null) made.textContent = String(content);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  return made;
}
const row = (...cells) => { const tr = element('tr'); cells.forEach(c => tr.append(element('td', c))); return tr; };
const replace = (id, nodes) => byId(id).replaceChildren(...nodes);
const clock = millis => new Date(millis).toLocaleTimeString([], { hour12: false });
const number = value => Math.round(value).toLocaleString('en');

// ------------------------------------------------------------------------------------------------ the server

async function ask(path, options = {}) {
  const headers = token ? { Authorization: 'Bearer ' + token } : {};
  const answer = await fetch(path, { ...options, headers, cache: 'no-store' });
  if (answer.status === 401) {
    byId('token-form').hidden = false;
    byId('token').focus();
  }
  return answer;
}

async function json(path, options) {
  const answer = await ask(path, options);
  const body = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(body.error || answer.statusText);
  return body;
}

function say(text, tone) {
  byId('connection').textContent = text;
  byId('connection').className = tone;
}

// EventSource cannot show a token, so that the stream is read by fetch; events are those of the HTML standard.
async function follow(path, handlers, whenOpen) {
  for (;;) {
    try {
      const answer = await ask(path);
      if (answer.status === 401) return say('a token is needed', 'bad');
      if (!answer.ok) throw new Error(answer.statusText);
      await whenOpen();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const parts = (rest + value).split('\n\n');
        rest = parts.pop();
        for (const part of parts) {
          const fields = Object.fromEntries(part.split('\n').map(l => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1).trim()]));
          if (fields.event && handlers[fields.event]) handlers[fields.event](JSON.parse(fields.data));
        }
      }
    } catch (e) {
      console.warn(path, e.message);
    }
    say('disconnected, trying again', 'bad');
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}

// ------------------------------------------------------------------------------------------------ rates

const history = [];
const sum = counts => Object.values(counts).reduce((a, b) => a + b, 0);

function tile(name, value, bad) {
  const div = element('div', undefined, bad ? { class: 'bad' } : {});
  div.append(element('dt', name), element('dd', value));
  return div;
}

function rateTable(id, counts, seconds) {
  replace(id, Object.entries(counts).sort((a, b) => b[1] - a[1]).map(([name, n]) => row(name, number(n / seconds))));
}

const REFUSED = ['wrong', 'foreign_nonce', 'replay', 'downgrade', 'malformed', 'refused_forbidden', 'refused_busy', 'refused_silently', 'store_unavailable'];

function onRates(now) {
  const seconds = now.intervalMillis / 1000;
  const refusals = REFUSED.reduce((n, name) => n + (now.auth[name] || 0), 0);
  history.push([sum(now.received) / seconds, refusals / seconds]);
  if (history.length > HISTORY) history.shift();
  const tiles = [
    tile('requests a second', number(sum(now.received) / seconds)),
    tile('responses a second', number(sum(now.sent) / seconds)),
    tile('refusals a second', number(refusals / seconds), refusals > 0),
    tile('bindings', number(now.bindings)),
    tile('addresses-of-record', number(now.addresses)),
    tile('connections', number(now.connections)),
    tile('transactions', number(now.transactions)),
    tile('loop lag, ms', (now.lagMicros / 1000).toFixed(1), now.lagMicros > 100000),
  ];
  if (now.devices !== undefined) tiles.push(tile('devices online', number(now.online) + ' of ' + number(now.devices), now.online < now.devices));
  replace('tiles', tiles);
  rateTable('received', now.received, seconds);
  rateTable('sent', now.sent, seconds);
  rateTable('outcomes', now.outcomes, seconds);
  const peak = Math.max(1, ...history.map(h => h[0]));
  const line = i => history.map((h, x) => (480 * (x + HISTORY - history.length) / (HISTORY - 1)).toFixed(1) + ',' + (78 - 74 * h[i] / peak).toFixed(1)).join(' ');
  document.querySelector('#chart .requests').setAttribute('points', line(0));
  document.querySelector('#chart .refusals').setAttribute('points', line(1));
  byId('peak').textContent = number(peak);
}

// ------------------------------------------------------------------------------------------------ failures

let failures = [];
const reasons = new Map();

function showFailures() {
  byId('no-failures').hidden = failures.length > 0;
  replace('reasons', [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, n]) => row(reason, number(n))));
  replace('failure-rows', failures.slice(0, ROWS).map(f => {
    const trace = element('button', 'Trace', { type: 'button', class: 'link', 'aria-label': 'Trace ' + f.aor });
    trace.onclick = () => record('aor', f.aor);
    return row(clock(f.time), f.reason, f.status || 'none', f.aor, f.source, trace);
  }));
}

async function loadFailures() {
  failures = (await json('v1/failures?limit=1000')).failures;
  reasons.clear();
  failures.forEach(f => reasons.set(f.reason, (reasons.get(f.reason) || 0) + 1));
  showFailures();
}

let failuresDirty = false;
function onFailure(failure) {
  failures.unshift(failure);
  failures.length = Math.min(failures.length, 1000);
  reasons.set(failure.reason, (reasons.get(failure.reason) || 0) + 1);
  failuresDirty = true;
}

// ------------------------------------------------------------------------------------------------ devices

let devices = new Map(), deviceTotal = 0, deviceOnline = 0, devicesDirty = false, shown = null;

function showDevices() {
  const wanted = byId('device-filter').value.toLowerCase();
  const all = [...devices.values()].filter(d => !wanted || [d.id, d.address, d.userAgent].some(t => (t || '').toLowerCase().includes(wanted)));
  all.sort((a, b) => a.online - b.online || (a.id < b.id ? -1 : 1));
  byId('device-count').textContent = number(deviceOnline) + ' of ' + number(deviceTotal) + ' devices online'
    + (deviceTotal > devices.size ? '; the first ' + devices.size + ' by ID are shown' : '');
  replace('device-rows', all.map(d => {
    const name = element('button', d.id, { type: 'button', class: 'link' });
    name.onclick = () => { location.hash = 'device/' + encodeURIComponent(d.id); };
    const state = element('span', d.online ? '● online' : '○ offline' + (d.reason ? ', ' + d.reason : ''), { class: d.online ? 'online' : 'offline' });
    return row(name, state, d.address, d.userAgent, clock(d.lastSeen), d.catalog + ', ' + d.channels);
  }));
}

async function loadDevices() {
  const page = await json('v1/devices?limit=' + DEVICES);
  deviceTotal = page.total;
  deviceOnline = page.online;
  devices = new Map(page.devices.map(d => [d.id, d]));
  showDevices();
}

function branch(items) {
  return items.map(item => {
    const li = element('li');
    li.append(element('span', (item.on ? '● ' : '○ ') + (item.name || 'no name'), { class: item.on ? 'online' : 'offline' }),
      ' ' + item.deviceId + (item.status ? ', ' + item.status : ''));
    if (item.children && item.children.length) {
      const ul = element('ul');
      ul.append(...branch(item.children));
      li.append(ul);
    }
    return li;
  });
}

async function showDevice(id) {
  const device = await json('v1/devices/' + encodeURIComponent(id));
  const catalog = await json('v1/devices/' + encodeURIComponent(id) + '/catalog?tree=true');
  shown = id;
  byId('device-title').textContent = id + (device.online ? ', online' : ', offline');
  const facts = [];
  for (const name of ['address', 'contact', 'userAgent', 'gbVersion', 'registeredAt', 'lastSeen', 'expiresAt', 'keepaliveTimeout']) {
    facts.push(element('dt', name), element('dd', device[name]));
  }
  replace('device-facts', facts);
  replace('catalog', catalog.items.length ? branch(catalog.items) : [element('li', 'none: ' + catalog.state)]);
  byId('device-detail').hidden = false;
}

// ------------------------------------------------------------------------------------------------ bindings

async function showBindings() {
  const wanted = byId('binding').value.trim();
  try {
    const addresses = wanted ? [await json('v1/bindings/' + encodeURIComponent(wanted))] : (await json('v1/bindings?limit=' + ROWS)).addresses;
    replace('binding-rows', addresses.flatMap(a => a.bindings.map(b => row(a.aor, b.contact, b.expires + ' s', b.received, b.userAgent))));
    byId('binding-note').textContent = addresses.length ? '' : 'There is no binding.';
  } catch (e) {
    replace('binding-rows', []);
    byId('binding-note').textContent = e.message;
  }
}

// ------------------------------------------------------------------------------------------------ ladder

let polling = 0, wanted = '';

async function record(kind, what) {
  wanted = what;
  byId('trace-kind').value = kind;
  byId('trace-what').value = what;
  try {
    await json('v1/trace', { method: 'POST', body: JSON.stringify({ [kind]: what, seconds: 300 }) });
    byId('trace-note').textContent = 'Recording ' + what + '; what it sends next appears here.';
    clearInterval(polling);
    polling = setInterval(showTrace, 1000);
    await showTrace();
  } catch (e) {
    byId('trace-note').textContent = 'Not recorded: ' + e.message;
  }
  byId('ladder').scrollIntoView();
}

// A device's end is the one that the first request came from.
function ladder(flow) {
  const div = element('div', undefined, { class: 'flow' });
  div.append(element('h3', flow.title));
  if (flow.verdict) div.append(element('p', flow.verdict, { class: 'verdict' }));
  const left = flow.steps[0].from, right = flow.steps[0].to;
  const ends = element('div', undefined, { class: 'ends' });
  const both = element('span', undefined, { class: 'both' });
  both.append(element('span', left), element('span', right));
  ends.append(element('span', 'time'), both, element('span', 'meaning'));
  const list = element('ol');
  for (const step of flow.steps) {
    const li = element('li');
    const outwards = step.from === left;
    const bad = /^[456]\d\d/.test(step.message) && !/^40[17]/.test(step.message);
    li.append(element('time', step.time.slice(11, 23)),
      element('span', step.message, { class: 'arrow ' + (outwards ? 'in' : 'out') + (bad ? ' bad' : ''), 'aria-label': step.from + ' sends to ' + step.to + ': ' + step.message }),
      element('span', step.meaning || ''));
    list.append(li);
  }
  div.append(ends, list);
  return div;
}

async function showTrace() {
  try {
    const trace = await json('v1/trace?limit=200');
    const flows = trace.flows.filter(f => f.steps.length).slice(-FLOWS).reverse();
    replace('flows', flows.map(ladder));
    byId('trace-note').textContent = (trace.trace && trace.trace.on ? 'Recording ' : 'Recorded ')
      + (trace.trace ? trace.trace.text || 'everything' : wanted) + ': ' + number(trace.total) + ' messages, ' + (flows.length === 1 ? 'one exchange' : flows.length + ' exchanges, the newest first') + '.';
    if (!trace.trace || !trace.trace.on) clearInterval(polling);
  } catch (e) {
    clearInterval(polling);
    byId('trace-note').textContent = 'Nothing to show: ' + e.message;
  }
}

// ------------------------------------------------------------------------------------------------ the page

function navigate() {
  const match = /^#device\/(.+)$/.exec(location.hash);
  if (!match) return;
  showDevice(decodeURIComponent(match[1])).then(() => byId('device-detail').focus(), e => { byId('device-count').textContent = e.message; });
}

byId('token-form').onsubmit = event => {
  event.preventDefault();
  token = byId('token').value;
  sessionStorage.setItem('token', token);
  location.reload();
};
byId('device-filter').oninput = showDevices;
byId('binding-form').onsubmit = event => { event.preventDefault(); showBindings(); };
byId('trace-form').onsubmit = event => { event.preventDefault(); record(byId('trace-kind').value, byId('trace-what').value.trim()); };
byId('device-trace').onclick = () => record('device', shown);
addEventListener('hashchange', navigate);

follow('v1/events', { rates: onRates, failure: onFailure }, async () => {
  say('live', 'good');
  await Promise.all([loadFailures(), showBindings()]);
});
const changed = () => { devicesDirty = true; };
follow('v1/devices/events', { online: changed, offline: changed, catalog: changed, registered: changed, unregistered: changed, expired: changed, lost: changed },
  async () => { await loadDevices(); navigate(); });
// A fleet that registers is many events a second: the page asks again at most once a second.
setInterval(() => {
  if (failuresDirty) { failuresDirty = false; showFailures(); }
  if (devicesDirty) {
    devicesDirty = false;
    loadDevices().catch(e => console.warn(e.message));
    if (!byId('binding').value) showBindings();
    if (shown) showDevice(shown).catch(e => console.warn(e.message));
  }
}, 1000);
