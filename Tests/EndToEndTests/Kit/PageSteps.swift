/// What a person at a desk does with the pages of a real daemon: Python over `Chromium`'s driver. What has to happen
/// outside of the browser it asks for with files, whose names are a step each.
enum PageSteps {
  private static let helpers = #"""
    import struct, zlib
    base, folder = sys.argv[1], sys.argv[2]

    def tell(name):
        open(folder + '/' + name, 'w').close()

    def hear(name, seconds=120):
        end = time.monotonic() + seconds
        while not os.path.exists(folder + '/' + name):
            assert time.monotonic() < end, 'waited in vain for ' + name
            time.sleep(0.02)
        return open(folder + '/' + name).read()

    def main(words, is_there=True):
        # While a page is being loaded it has none.
        browser.until("(() => { const main = document.querySelector('main'); return !!main && "
                      "main.textContent.includes(%s) === %s; })()"
                      % (json.dumps(words), 'true' if is_there else 'false'), 60)

    def is_same():
        assert browser.ask('window.isSame === true'), 'the page was loaded anew'

    def silences():
        return browser.ask("fetch('/api/v2/silences').then((answer) => answer.json())")

    def picture(name, width, height):
        """Not empty: many of its rows differ; nothing lies beside it."""
        browser.size(width, height)
        beside = browser.ask("""(() => { const page = document.documentElement, width = page.clientWidth;
            return page.scrollWidth <= width ? [] : [...document.querySelectorAll('body *')].filter((e) =>
                e.getBoundingClientRect().right > width && !e.closest('thead')).map((e) => e.outerHTML.slice(0, 300)); })()""")
        assert not beside, '%s: beside the page lies %s' % (name, beside)
        browser.picture(folder + '/' + name)
        data = open(folder + '/' + name, 'rb').read()
        seen = struct.unpack('>II', data[16:24])
        assert seen[0] == width and seen[1] >= height, seen
        at, packed = 8, b''
        while at < len(data):
            length, kind = struct.unpack('>I4s', data[at:at + 8])
            if kind == b'IDAT': packed += data[at + 8:at + 8 + length]
            at += 12 + length
        rows = zlib.decompress(packed)
        step = len(rows) // seen[1]
        different = len({rows[i:i + step] for i in range(0, len(rows), step)})
        assert different > 100, '%s: %d rows that differ' % (name, different)

    # Looking again after seconds is held back: what is new can then have come by the stream of events only.
    browser.call('Page.addScriptToEvaluateOnNewDocument', source=r"""
        addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI));
        const soon = window.setTimeout, held = [];
        let isHolding = true;
        window.setTimeout = (act, after, ...rest) =>
            isHolding && after >= 4000 ? (held.push(act), 0) : soon(act, after, ...rest);
        window.letGo = () => { isHolding = false; for (const act of held.splice(0)) act(); };
        """)

    """#

  static let aBadDay =
    helpers + #"""
      browser.size(1280)
      browser.open(base + '/')
      browser.ask('window.isSame = true')
      main('taiwan')
      main('RegionDown', False)
      tell('down')
      main('Region taiwan is down')
      main('told pager')
      is_same()

      # A silence, from the list of alerts.
      browser.click('nav a[href="/alerts"]')
      browser.until("location.pathname === '/alerts' && document.readyState === 'complete'")
      browser.click('main a[href="/silences"]')
      browser.until("location.pathname === '/silences' && document.readyState === 'complete'")
      browser.write('#matchers', 'alertname="RegionDown"\nregion=~"tai.*"')
      browser.write('#by', 'grace')
      browser.write('#comment', 'moving <b>racks</b>')
      browser.click('form.fields button')
      main('The silence is in force.')
      made = silences()
      assert len(made) == 1 and made[0]['status']['state'] == 'active', made
      assert made[0]['createdBy'] == 'grace' and made[0]['comment'] == 'moving <b>racks</b>', made
      assert [one['isRegex'] for one in made[0]['matchers']] == [False, True], made
      assert not browser.ask("!!document.querySelector('main b')")
      browser.open(base + '/')
      main('silenced by grace')
      browser.open(base + '/silences')
      browser.click('main td form button')
      main('The silence is over.')
      assert [one['status']['state'] for one in silences()] == ['expired'], silences()
      browser.open(base + '/')
      main('silenced by', False)

      # Taken on, by the link in the page that went out.
      browser.open(hear('link'))
      browser.write('input[name="by"]', 'grace')
      browser.click('form button')
      browser.until("!!document.body && document.body.textContent.includes('Acknowledged by grace')")
      browser.open(base + '/')
      main('acknowledged by grace')

      picture('desktop.png', 1280, 900)
      picture('phone.png', 390, 844)
      browser.size(1280)
      assert not browser.problems, browser.problems

      # The watcher dies: the page says so at once, in red, and is not taken for a good one.
      browser.ask('window.isSame = true')
      tell('kill')
      browser.until("!document.getElementById('cut').hidden", 60)
      words = browser.ask("document.getElementById('cut').innerText")
      assert re.match(r'No connection to Farwatch since \d\d:\d\d:\d\d', words), words
      red, green, blue = map(int, browser.ask(
          "getComputedStyle(document.getElementById('cut')).backgroundColor").strip('rgb()').split(',')[:3])
      assert red > 150 and green < 80 and blue < 80, (red, green, blue)
      box = browser.ask("(() => { const r = document.getElementById('cut').getBoundingClientRect(); "
                        "return [r.top, r.width, r.height]; })()")
      assert box[0] < 200 and box[1] > 300 and box[2] > 20, box
      assert 'stale' in browser.ask('document.documentElement.className')
      main('Region taiwan is down')

      # It comes back, and with it what it knew.
      hear('back')
      browser.ask('letGo()')
      browser.until("document.getElementById('cut').hidden", 60)
      main('acknowledged by grace')
      is_same()
      tell('up')
      main('Region taiwan is down', False)
      is_same()
      unexpected = [one for one in browser.problems if not re.search(r'ERR_|/api/events/stream', one) or 'policy' in one]
      assert not unexpected, unexpected
      browser.close()
      print('sound')
      """#
}
