/// What a person does with the pages, and what somebody who hears or tabs through them needs: Python over
/// ``Chromium``'s driver. Each step that fails ends it with a sentence.
enum BrowserSteps {
  /// Looks at the page from all sides: `problems()` is a list of sentences.
  private static let examination = #"""
    (() => {
      const problems = [];
      const name = (e) => e.nodeName.toLowerCase() + (e.id ? '#' + e.id : '') + ' "' + e.textContent.trim().slice(0, 30) + '"';
      const all = (selector) => [...document.querySelectorAll(selector)];
      for (const [selector, least, most] of [['main', 1, 1], ['header', 1, 1], ['nav[aria-label]', 1, 1], ['h1', 1, 1]]) {
        const n = all(selector).length;
        if (n < least || n > most) problems.push(n + ' of ' + selector);
      }
      if (!document.documentElement.lang || !document.title) problems.push('no language or title');
      let level = 0;
      for (const heading of all('h1,h2,h3,h4')) {
        const next = Number(heading.nodeName[1]);
        if (next > level + 1) problems.push('heading skips a level: ' + name(heading));
        level = next;
      }
      const ids = all('[id]').map((e) => e.id);
      if (new Set(ids).size !== ids.length) problems.push('an id is used twice');
      for (const table of all('table')) {
        if (!table.caption || !table.caption.textContent) problems.push('a table without caption');
        for (const th of table.querySelectorAll('th')) if (!th.scope) problems.push('no scope: ' + name(th));
        for (const row of table.querySelectorAll('tbody tr'))
          if (row.cells.length !== table.tHead.rows[0].cells.length) problems.push('cells without a column: ' + name(row));
      }
      for (const field of all('input:not([type=hidden]),select,textarea'))
        if (!field.labels || !field.labels.length) problems.push('no label: ' + field.name);
      for (const control of all('a,button'))
        if (!(control.textContent.trim() || control.getAttribute('aria-label'))) problems.push('no name: ' + control.outerHTML);
      for (const list of ['aria-labelledby', 'aria-describedby'])
        for (const e of all('[' + list + ']'))
          for (const id of e.getAttribute(list).split(' '))
            if (!document.getElementById(id)) problems.push(list + ' points nowhere: ' + id);
      for (const sign of all('.dot')) if (!sign.textContent.trim()) problems.push('colour alone: ' + name(sign.parentNode));
      const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
      const luminance = (rgb) => {
        const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const background = (e) => {
        for (; e; e = e.parentElement) {
          const c = numbers(getComputedStyle(e).backgroundColor);
          if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
          if (c[3] !== 0) problems.push('a see-through background: ' + name(e));
        }
        return [255, 255, 255];
      };
      const seen = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !e.getClientRects().length || seen.has(e)) continue;
        seen.add(e);
        const a = luminance(numbers(getComputedStyle(e).color).slice(0, 3)), b = luminance(background(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) problems.push('contrast ' + ratio.toFixed(2) + ': ' + name(e));
      }
      const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      if (wide > 0) problems.push('scrolls sideways by ' + wide);
      return problems;
    })()
    """#

  static let everyPage =
    "examination = r'''" + examination + "'''\n" + #"""
      base, pictures = sys.argv[1], sys.argv[2]
      failed = []
      for path in ['/', '/regions/japan', '/links/sessions', '/backups/orders-nightly', '/alerts', '/silences', '/events',
                   '/nowhere', '/empty']:
          for scheme in ('light', 'dark'):
              browser.scheme(scheme)
              for width in (360, 1280):
                  browser.size(width)
                  browser.open(base + path)
                  found = browser.ask(examination)
                  failed += ['%s %s %d: %s' % (path, scheme, width, one) for one in found]
                  if pictures and (path in ('/', '/silences') or scheme == 'light'):
                      browser.picture('%s/page%s-%s-%d.png' % (pictures, path.replace('/', '_'), scheme, width))
      # Every stop of the tab key is visible and comes once, the way to the content first.
      browser.size(1280)
      browser.open(base + '/silences')
      stops = []
      for _ in range(60):
          browser.press('Tab', 9)
          stop = browser.ask("(() => { const e = document.activeElement; if (e === document.body) return null; const s = "
              "getComputedStyle(e); const r = e.getBoundingClientRect(); return [e.outerHTML.slice(0, 200), "
              "s.outlineStyle !== 'none' && r.width > 0 && r.top > -1]; })()")
          if stop is None or (stops and stop[0] == stops[0][0]):
              break
          stops.append(stop)
      else:
          failed.append('the tab key never comes round')
      words = [stop[0] for stop in stops]
      if not words or 'skip' not in words[0]: failed.append('the first stop is not the way to the content: %s' % words[:1])
      wanted = ['href="/"', 'href="/alerts"', 'name="matchers"', 'name="duration"', 'name="by"', 'name="comment"', 'submit">Silence']
      places = [next((i for i, word in enumerate(words) if part in word), -1) for part in wanted]
      if -1 in places or places != sorted(places): failed.append('focus order: %s' % words)
      failed += ['no visible focus: ' + stop[0] for stop in stops if not stop[1]]
      failed += ['console: ' + one for one in browser.problems if '/nowhere' not in one and '/api/events/stream' not in one]
      browser.close()
      print('\n'.join(failed) or 'sound')
      sys.exit(1 if failed else 0)
      """#

  static let interactions = #"""
    base = sys.argv[1]
    browser.size(1280)
    browser.open(base + '/silences')
    def fill(name, value):
        browser.ask("document.getElementById(%s).value = %s" % (json.dumps(name), json.dumps(value)))
    submit = "document.querySelector('form.fields button').click()"
    # Wrong: said beside the field, what was typed is kept.
    fill('matchers', 'region=~"("'); fill('duration', 'soon'); fill('by', 'ada <b>'); fill('comment', 'drill')
    browser.ask(submit)
    browser.until("!!document.getElementById('duration-error') && !!document.getElementById('matchers-error')")
    assert browser.ask("document.getElementById('by').value") == 'ada <b>'
    assert browser.ask("document.activeElement.id") == 'matchers', browser.ask("document.activeElement.outerHTML")
    assert not browser.ask("!!document.getElementById('by-error')")
    # Right: made, and in the list; loading again does not make another.
    fill('matchers', 'region="mars"'); fill('duration', '90m')
    browser.ask(submit)
    browser.until("location.pathname + location.search === '/silences' && document.readyState === 'complete' && !!document.querySelector('[role=status]')")
    row = "[...document.querySelectorAll('#holding ~ table tbody tr')].find((r) => r.textContent.includes('mars'))"
    browser.until("!!" + row)
    assert 'in force' in browser.ask("document.querySelector('[role=status]').textContent")
    # What is being typed outlives what comes in.
    fill('comment', 'half a sent'); browser.ask("document.getElementById('comment').focus()")
    browser.ask("fetch('/test/other-silence')")
    browser.until("document.querySelector('main').textContent.includes('venus')")
    assert browser.ask("document.getElementById('comment').value") == 'half a sent'
    assert browser.ask("document.activeElement.id") == 'comment'
    browser.ask(row + ".querySelector('button').click()")
    browser.until("document.readyState === 'complete' && (document.querySelector('[role=status]') || {textContent: ''}).textContent.includes('is over')")
    browser.until("!" + row)
    # Live: news come without loading anew; focus and scroll position stay.
    browser.open(base + '/')
    browser.size(1280, 400)
    browser.ask("window.isSame = true; scrollTo(0, 300); document.querySelector('a[href=\"/links/orders\"]').focus({preventScroll: true})")
    browser.ask("fetch('/test/fire')")
    browser.until("document.querySelector('main').textContent.includes('BrandNew')")
    assert browser.ask("window.isSame === true && scrollY === 300"), browser.ask("scrollY")
    assert browser.ask("document.activeElement.getAttribute('href')") == '/links/orders'
    assert '2 alerts' in browser.ask("document.getElementById('headline').textContent")
    # Times in the viewer's zone, in UTC on hover.
    browser.call('Emulation.setTimezoneOverride', timezoneId='Asia/Taipei')
    browser.open(base + '/')
    at = browser.ask("(() => { const t = document.querySelector('.foot time'); return [t.dateTime, t.textContent, t.title]; })()")
    assert at[2].endswith(' UTC') and at[1] != at[2][:19] and at[1][14:] == at[2][14:19], at
    # Cut off: said in red, since when; and gone when it is back.
    before = browser.problems[:]
    browser.offline(True)
    browser.until("!document.getElementById('cut').hidden")
    words = browser.ask("document.getElementById('cut').innerText")
    assert re.match(r'No connection to Farwatch since \d\d:\d\d:\d\d', words), words
    red = browser.ask("getComputedStyle(document.getElementById('cut')).backgroundColor").strip('rgb()').split(',')
    assert int(red[0]) > 150 and int(red[1]) < 80, red
    browser.offline(False)
    browser.until("document.getElementById('cut').hidden")
    # Busy: not taken for a good page.
    browser.ask("fetch('/test/busy')")
    browser.until("document.getElementById('cut').innerText.includes('503')")
    unexpected = [one for one in before if '/api/events/stream' not in one and '400' not in one]
    assert not unexpected, unexpected
    browser.close()
    print('sound')
    """#
}
