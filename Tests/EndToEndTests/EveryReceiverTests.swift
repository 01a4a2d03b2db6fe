import FarwatchTesting
import Foundation
import Testing

/// One daemon, every kind of receiver, one region that is lost: what arrives at each.
@Suite(.serialized) struct EveryReceiverTests {
  private static let mailServer = """
    import asyncio, email, email.policy, json
    from aiosmtpd.smtp import SMTP
    class Handler:
      async def handle_DATA(self, server, session, envelope):
        m = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print('mail', json.dumps({'subject': str(m['Subject']), 'to': envelope.rcpt_tos,
          'plain': m.get_body(('plain',)).get_content(), 'html': m.get_body(('html',)).get_content()}), flush=True)
        return '250 taken'
    async def main():
      loop = asyncio.get_running_loop()
      server = await loop.create_server(lambda: SMTP(Handler()), '127.0.0.1', 0)
      print('port', server.sockets[0].getsockname()[1], flush=True)
      await server.serve_forever()
    asyncio.run(main())
    """

  /// As it ships, with an objective that is missed at once: the words are those that people read at night.
  private static func shippedRegionRules() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../rules/regions.yml")
    return try String(contentsOf: root, encoding: .utf8)
      .replacingOccurrences(of: "interval: 30s", with: "interval: 300ms")
  }

  @Test(.timeLimit(.minutes(5))) func eachIsToldOnceThatItFiresAndOnceThatItIsOver() async throws {
    let world = try PagingWorld("taiwan", "japan")
    let mail = try await PythonEnvironment().serve(Self.mailServer)
    let sns = try WebhookReceiver()
    try sns.up()
    let hook = try TestHook(status: ["/pagerduty": 202, "/opsgenie": 202])
    let alertmanager = try AlertmanagerProcess(world.directory, "one", webhook: hook.url + "cluster")
    try await alertmanager.start()
    let secrets = [
      "key": "0123456789abcdef0123456789abcdef", "slack": hook.url + "slack", "teams": hook.url + "teams",
      "signing": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    ]
    for (name, text) in secrets { try world.directory.write(name, text + "\n", mode: 0o600) }
    try world.configure(
      rules: Self.shippedRegionRules(),
      subscriptions: [
        "{protocol: http, endpoint: \"\(sns.endpoint)\"}",
        "{protocol: alertmanager, peers: [\"\(alertmanager.url)\"]}",
        "{protocol: webhook, url: \"\(hook.url)webhook\"}",
        "{protocol: pagerduty, routing_key_file: key, url: \"\(hook.url)pagerduty\"}",
        "{protocol: opsgenie, api_key_file: key, url: \"\(hook.url)opsgenie\"}",
        "{protocol: slack, url_file: slack}",
        "{protocol: teams, url_file: teams}",
        "{protocol: json, url: \"\(hook.url)json\", secret_files: [signing]}",
        "{protocol: email, to: oncall@example.org, from: farwatch@example.org, "
          + "smarthost: \"127.0.0.1:\(mail.port)\", encryption: none}",
      ], "routes: [{topic: pager, match: {severity: page}}]")
    let daemon = try await world.run()
    try await waitUntil("the SNS subscription is confirmed") { sns.confirmations > 0 }
    world.regions[0].down()
    try await world.expect(["news: firing RegionDown taiwan"])
    func mails() throws -> [[String: Any]] {
      try mail.process.output.split(separator: "\n").filter { $0.hasPrefix("mail ") }.compactMap {
        try JSONSerialization.jsonObject(with: Data($0.dropFirst(5).utf8)) as? [String: Any]
      }
    }
    let paths = ["/webhook", "/pagerduty", "/opsgenie", "/slack", "/teams", "/json", "/cluster"]
    func counts() throws -> [Int] {
      try paths.map { path in hook.posts.count { $0.path.hasPrefix(path) } } + [
        mails().count, sns.pages.count,
      ]
    }
    let kinds = paths.count + 2
    try await waitUntil("all are told that it fires: \(try counts()); \(world.log)") {
      try counts() == Array(repeating: 1, count: kinds)
    }
    if let folder = ProcessInfo.processInfo.environment["FARWATCH_KEEP_PAGES"] {
      try keep(hook, mails(), sns, world, in: folder)
    }
    // Whoever is woken reads what it is, where, since when, what is at risk, and what to do.
    for post in hook.posts + [] {
      #expect(post.body.contains("RegionDown") && post.body.contains("taiwan"), "\(post.path) \(post.body)")
      #expect(post.body.contains("region-down"), "the runbook: \(post.path) \(post.body)")
      #expect(post.body.contains("no recovery point of a link"), "what is at risk: \(post.path) \(post.body)")
    }
    let first = try #require(try mails().first)
    #expect(
      first["subject"] as? String == "[FIRING] RegionDown (page) in taiwan: Region taiwan is down", "\(first)"
    )
    try world.regions[0].up()
    try await waitUntil("all are told that it is over: \(try counts()); \(world.log)") {
      try counts() == Array(repeating: 2, count: kinds)
    }
    if let folder = ProcessInfo.processInfo.environment["FARWATCH_KEEP_PAGES"] {
      try keep(hook, mails(), sns, world, in: folder)
    }
    try await world.expect(["news: firing RegionDown taiwan", "news: resolved RegionDown taiwan"])
    #expect(
      try mails().last?["subject"] as? String
        == "[RESOLVED] RegionDown (page) in taiwan: Region taiwan is down")
    #expect(hook.posts(to: "/pagerduty").last?.body.contains(#""event_action":"resolve""#) == true)
    #expect(sns.pages.map(\.state) == ["ALARM", "OK"] && sns.pages.allSatisfy(\.signatureIsValid))
    #expect(sns.malformed.isEmpty)
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
    let log = try String(contentsOfFile: world.log, encoding: .utf8)
    #expect(!log.contains("0123456789abcdef"), "no secret in the log")
  }

  /// For a person to read.
  private func keep(
    _ hook: TestHook, _ mails: [[String: Any]], _ sns: WebhookReceiver, _ world: PagingWorld,
    in folder: String
  ) throws {
    var text = hook.posts.map { "== \($0.path)\n\($0.body)\n" }.joined()
    for mail in mails {
      text += "== mail \(mail["subject"] ?? "")\n\(mail["plain"] ?? "")\n\(mail["html"] ?? "")\n"
    }
    for page in sns.pages { text += "== sns \(page.subject)\n\(page.body)\n" }
    for page in world.pages() { text += "== exec \(page.title)\n\(page.body)\n" }
    try text.write(toFile: "\(folder)/pages.txt", atomically: true, encoding: .utf8)
  }
}
