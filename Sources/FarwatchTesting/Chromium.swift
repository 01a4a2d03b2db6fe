/// A real browser, driven by a script over its DevTools protocol.
package enum Chromium {
  /// Runs `steps`, Python that finds `browser` ready, and gives back what it printed.
  ///
  /// - Parameters:
  ///   - arguments: readable as `sys.argv[1:]`.
  ///   - file: of the caller, to find the project's Python.
  package static func run(
    _ steps: String, _ arguments: [String], timeout: Duration = .seconds(120), file: String = #filePath
  ) async throws -> String {
    let directory = try TemporaryDirectory("farwatch-chromium")
    let process = try PythonEnvironment(file: file).start(
      driver + "\n" + steps, arguments, environment: ["FARWATCH_PROFILE": directory.path])
    try await waitUntil(timeout: timeout, every: .milliseconds(50), "the browser's steps end") {
      process.poll() != nil
    }
    guard process.poll() == .code(0) else {
      throw BenchError("the browser's steps failed: \(process.output)")
    }
    return process.output
  }

  private static let driver = #"""
    import atexit, base64, json, os, re, subprocess, sys, time
    from websocket import create_connection

    class Browser:
        """One page of a headless Chromium; `problems` is everything that its console complains about."""

        def __init__(self):
            profile = os.environ['FARWATCH_PROFILE']
            command = ['chromium', '--headless=new', '--disable-gpu', '--no-first-run', '--hide-scrollbars',
                       '--disable-dev-shm-usage', '--disable-extensions', '--disable-background-networking',
                       '--user-data-dir=' + profile, '--remote-debugging-port=0',
                       '--remote-allow-origins=*', 'about:blank']
            if os.geteuid() == 0:
                command.insert(1, '--no-sandbox')
            self.log = open(profile + '/log', 'w')
            self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
            # However the steps end, the browser does too.
            atexit.register(self.process.kill)
            active = profile + '/DevToolsActivePort'
            end = time.monotonic() + 60
            while not (os.path.exists(active) and open(active).read().count('\n') > 0):
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit('chromium does not start: ' + open(profile + '/log').read())
                time.sleep(0.05)
            port, path = open(active).read().split('\n')[:2]
            self.socket = create_connection('ws://127.0.0.1:%s%s' % (port, path), timeout=60)
            self.number, self.session, self.problems, self.loads = 0, None, [], 0
            target = self.call('Target.createTarget', url='about:blank')['targetId']
            self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
            for domain in ('Page', 'Runtime', 'Log', 'Network'):
                self.call(domain + '.enable')

        def call(self, method, **parameters):
            self.number += 1
            message = {'id': self.number, 'method': method, 'params': parameters}
            if self.session:
                message['sessionId'] = self.session
            self.socket.send(json.dumps(message))
            while True:
                answer = json.loads(self.socket.recv())
                if answer.get('id') == self.number:
                    if 'error' in answer:
                        raise SystemExit('%s: %s' % (method, answer['error']))
                    return answer['result']
                self.note(answer)

        def note(self, event):
            name, what = event.get('method'), event.get('params', {})
            if name == 'Runtime.exceptionThrown':
                self.problems.append(what['exceptionDetails'].get('exception', {}).get('description', 'exception'))
            elif name == 'Runtime.consoleAPICalled' and what['type'] in ('error', 'warning', 'assert'):
                self.problems.append(str([one.get('value') for one in what['args']]))
            elif name == 'Log.entryAdded' and what['entry']['level'] in ('error', 'warning'):
                self.problems.append(what['entry']['text'] + ' ' + what['entry'].get('url', ''))

        def open(self, url):
            self.call('Page.navigate', url=url)
            self.until("document.readyState === 'complete' && location.href.startsWith(%s)" % json.dumps(url))

        def ask(self, script):
            answer = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
            if 'exceptionDetails' in answer:
                raise SystemExit('%s: %s' % (script, answer['exceptionDetails']))
            return answer['result'].get('value')

        def until(self, script, seconds=30):
            end = time.monotonic() + seconds
            while True:
                try:
                    if self.ask(script):
                        return
                except SystemExit as problem:
                    # The page is being left.
                    if 'context' not in str(problem) and 'navigat' not in str(problem):
                        raise
                if time.monotonic() > end:
                    raise SystemExit('waited in vain for ' + script + '\n' + str(self.ask('document.body.innerText')))
                time.sleep(0.05)

        def click(self, selector):
            """With the mouse, in the middle of the one element, which is brought into view before."""
            x, y = self.ask("(() => { const all = document.querySelectorAll(%s); if (all.length !== 1) throw all.length + "
                "' of them'; all[0].scrollIntoView({block: 'center', behavior: 'instant'}); const r = "
                "all[0].getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()" % json.dumps(selector))
            for kind in ('mousePressed', 'mouseReleased'):
                self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

        def write(self, selector, text):
            """As a person does: a click into the field, and the keys."""
            self.click(selector)
            self.until("document.activeElement === document.querySelector(%s)" % json.dumps(selector))
            self.call('Input.insertText', text=text)

        def size(self, width, height=900):
            self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1,
                      mobile=False)

        def scheme(self, name):
            self.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': name}])

        def press(self, key, code):
            for kind in ('rawKeyDown', 'keyUp'):
                self.call('Input.dispatchKeyEvent', type=kind, key=key, code=key, windowsVirtualKeyCode=code)

        def offline(self, isOffline):
            self.call('Network.emulateNetworkConditions', offline=isOffline, latency=0, downloadThroughput=-1,
                      uploadThroughput=-1)

        def picture(self, path):
            data = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=True)['data']
            open(path, 'wb').write(base64.b64decode(data))

        def close(self):
            self.process.terminate()
            self.process.wait(20)

    browser = Browser()
    """#
}
