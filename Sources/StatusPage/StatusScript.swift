/// The script of all pages: keeps what is shown true, and says in red when it cannot. Without it the page says the same
/// and renews itself less smoothly.
package enum StatusScript {
  /// Every few seconds, and whenever Farwatch says that something changed, the page is fetched again and what differs is
  /// put in place: focus, scroll position, open details and what somebody types stay.
  package static let javascript = #"""
    'use strict';
    (() => {
      const pollMilliseconds = 5000, streamedMilliseconds = 15000, timeoutMilliseconds = 8000;
      // A stream that is alive says so every five seconds.
      const silenceMilliseconds = 8000;
      const cut = document.getElementById('cut');
      let heardAt = new Date(), timer = 0, isAsking = false, isAgain = false, stream = null, isStreaming = false;

      const two = (number) => String(number).padStart(2, '0');
      const clock = (at) => two(at.getHours()) + ':' + two(at.getMinutes()) + ':' + two(at.getSeconds());
      const local = (at) =>
        at.getFullYear() + '-' + two(at.getMonth() + 1) + '-' + two(at.getDate()) + ' ' + clock(at);

      // Moments in the viewer's zone, in UTC on hover.
      function localize(root) {
        for (const time of root.querySelectorAll('time[datetime]')) {
          const at = new Date(time.dateTime);
          if (isNaN(at)) continue;
          if (time.className === 'age') {
            time.title = local(at) + ' (' + time.title + ')';
          } else {
            time.title = time.textContent;
            time.textContent = local(at);
          }
        }
      }

      function same(a, b) {
        return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || '') === (b.id || '');
      }

      // Makes `old` what `fresh` is, with as few changes as its order allows.
      function renew(old, fresh) {
        if (old.nodeType !== Node.ELEMENT_NODE) {
          if (old.data !== fresh.data) old.data = fresh.data;
          return;
        }
        if (old.hasAttribute('data-keep')) return;
        for (const { name, value } of fresh.attributes) {
          if (old.getAttribute(name) !== value) old.setAttribute(name, value);
        }
        for (const { name } of [...old.attributes]) {
          const isTheirs = name === 'open' && old.nodeName === 'DETAILS';
          if (!fresh.hasAttribute(name) && !isTheirs) old.removeAttribute(name);
        }
        // Rows that are gone leave first: then those that stay need not move, for what moves loses the focus.
        const staying = new Set([...fresh.children].map((child) => child.id));
        for (const child of [...old.children]) if (child.id && !staying.has(child.id)) child.remove();
        const named = new Map();
        for (const child of old.children) if (child.id) named.set(child.id, child);
        let next = old.firstChild;
        for (const child of [...fresh.childNodes]) {
          const known = child.id ? named.get(child.id) : undefined;
          if (known && known !== next) {
            old.insertBefore(known, next);
            renew(known, child);
          } else if (next && same(next, child)) {
            renew(next, child);
            next = next.nextSibling;
          } else {
            old.insertBefore(document.importNode(child, true), next);
          }
        }
        while (next) {
          const gone = next;
          next = next.nextSibling;
          gone.remove();
        }
      }

      function lost(why) {
        const words = why + ' since ' + clock(heardAt) + '. What stands below is from then.';
        if (cut.textContent !== words) cut.textContent = words;
        cut.hidden = false;
        document.documentElement.classList.add('stale');
      }

      function found() {
        heardAt = new Date();
        cut.hidden = true;
        cut.textContent = '';
        document.documentElement.classList.remove('stale');
      }

      async function ask() {
        clearTimeout(timer);
        if (isAsking) { isAgain = true; return; }
        isAsking = true;
        try {
          const answer = await fetch(location.href,
            { cache: 'no-store', headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(timeoutMilliseconds) });
          if (answer.status === 401 || answer.status === 403) {
            lost('Farwatch wants a login: load this page again. Nothing is new');
          } else if (!answer.ok && answer.status !== 404) {
            lost('Farwatch answers with an error (' + answer.status + ')');
          } else {
            const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
            const main = fresh.querySelector('main');
            if (!main) throw new Error('no page');
            localize(main);
            renew(document.querySelector('main'), main);
            document.title = fresh.title;
            found();
            listen();
          }
        } catch (error) {
          lost('No connection to Farwatch');
        }
        isAsking = false;
        if (isAgain) { isAgain = false; timer = setTimeout(ask, 500); return; }
        timer = setTimeout(ask, isStreaming ? streamedMilliseconds : pollMilliseconds);
      }

      // Where events come as they happen, there is less to ask. Where they do not, asking goes on as before.
      let hearsAgainAt = 0, spokeAt = 0;
      function listen() {
        if (stream || !window.EventSource || Date.now() < hearsAgainAt) return;
        stream = new EventSource('/api/events/stream');
        stream.addEventListener('open', () => { isStreaming = true; spokeAt = Date.now(); });
        for (const kind of ['alive', 'status', 'journal', 'gap']) {
          stream.addEventListener(kind, () => { spokeAt = Date.now(); });
        }
        for (const kind of ['status', 'journal']) stream.addEventListener(kind, ask);
        stream.addEventListener('error', () => {
          stream.close();
          stream = null;
          if (isStreaming) { isStreaming = false; ask(); }
          hearsAgainAt = Date.now() + 60000;
        });
      }

      // A stream whose connection stands while nobody speaks: Farwatch hangs.
      function watch() {
        if (!isStreaming || document.hidden || Date.now() - spokeAt < silenceMilliseconds) return;
        isStreaming = false;
        stream.close();
        stream = null;
        hearsAgainAt = Date.now() + silenceMilliseconds;
        heardAt = new Date(spokeAt);
        lost('Farwatch says nothing');
        ask();
      }

      // Where nothing is fetched, ages go on by themselves: two units at most, as the server writes them.
      function grow() {
        const pair = (large, unit, small, smallUnit) => large + unit + (small ? small + smallUnit : '');
        for (const age of document.querySelectorAll('time.age')) {
          const seconds = Math.max(0, Math.floor((Date.now() - new Date(age.dateTime)) / 1000));
          if (isNaN(seconds)) continue;
          const words = seconds < 60 ? seconds + 's'
            : seconds < 3600 ? pair(Math.floor(seconds / 60), 'm', seconds % 60, 's')
            : seconds < 86400 ? pair(Math.floor(seconds / 3600), 'h', Math.floor(seconds / 60) % 60, 'm')
            : pair(Math.floor(seconds / 86400), 'd', Math.floor(seconds / 3600) % 24, 'h');
          age.textContent = words + (age.textContent.endsWith(' ago') ? ' ago' : '');
        }
      }

      const isLive = document.querySelector('main') && location.pathname !== '/events';
      localize(document);
      // What was done is done once: loading the page again is to say nothing of it.
      if (new URLSearchParams(location.search).has('done')) history.replaceState(null, '', location.pathname);
      if (!isLive) {
        if (document.querySelector('main')) setInterval(grow, 10000);
        return;
      }
      document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
      window.addEventListener('offline', () => lost('No connection to Farwatch'));
      window.addEventListener('online', ask);
      window.addEventListener('pagehide', () => { if (stream) stream.close(); stream = null; });
      timer = setTimeout(ask, pollMilliseconds);
      setInterval(watch, 1000);
      listen();
    })();

    """#
}
