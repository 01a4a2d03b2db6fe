import HTTPServer
import Secrets
import Testing

@testable import AccessControl

/// A door without a server; what it answers is who it takes the visitor for.
private struct Entrance {
  let door: Door

  init(
    _ access: AccessSettings = AccessSettings(), secrets: [String] = [], trustsThisMachine: Bool = true,
    trusted: Set<String> = [], hosts: Set<String> = []
  ) {
    door = Door(
      DoorSurroundings(
        isTrusted: { trusted.contains($0) }, trustsThisMachine: { trustsThisMachine }, hosts: { hosts },
        monotonic: { .zero }))
    door.apply(WebConfiguration(), access, secrets: secrets)
  }

  func ask(
    _ method: String = "GET", _ path: String = "/", from address: String = "127.0.0.1",
    host: String? = "127.0.0.1:9797", _ more: [(String, String)] = []
  ) -> Int {
    let host = host.map { [HTTPServerField("Host", $0)] } ?? []
    return door.answer(
      HTTPServerRequest(
        method: method, path: path, headers: host + more.map { HTTPServerField($0.0, $0.1) },
        remoteAddress: address)
    ) { _, _ in .text(200, "") }.status
  }

  func post(
    from address: String = "127.0.0.1", host: String? = "127.0.0.1:9797", _ more: (String, String)...
  ) -> Int { ask("POST", "/api/v2/silences", from: address, host: host, more) }
}

@Suite struct RequestOriginTests {
  @Test func thisMachineIsTheOperator() {
    let entrance = Entrance()
    #expect(entrance.post() == 200)
    #expect(entrance.post(from: "::1", host: "[::1]:9797") == 200)
    #expect(entrance.post(from: "127.0.0.2", host: "localhost") == 200)
    #expect(entrance.post(host: nil) == 200)
    #expect(entrance.post(from: "10.0.0.1") == 403)
  }

  /// Whatever a proxy on this machine passes on is not this machine's.
  @Test(arguments: [
    ("X-Forwarded-For", "9.9.9.9"), ("x-forwarded-for", ""), ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "a"), ("Forwarded", "for=9.9.9.9"), ("Via", "1.1 proxy"), ("X-Real-IP", "9.9.9.9"),
  ])
  func whatIsPassedOnIsNot(_ name: String, _ value: String) {
    let entrance = Entrance(trusted: ["10.0.0.1"])
    #expect(entrance.post((name, value)) == 403)
    #expect(entrance.ask("GET", "/", [(name, value)]) == 200)
    // The operator has named this proxy.
    #expect(entrance.post(from: "10.0.0.1", (name, value)) == 200)
  }

  @Test func aProxyThatOnlyKeepsTheNameIsSeenByIt() {
    let entrance = Entrance(hosts: ["farwatch.example"])
    #expect(entrance.post(host: "farwatch.example") == 403)
    #expect(entrance.post(host: "10.0.0.7:9797") == 403)
    #expect(entrance.ask(host: "farwatch.example") == 200)
  }

  /// nginx as it is after one line of `proxy_pass`: no header tells of it.
  @Test func whereOthersAreLedHereThisMachineNeedsALogin() {
    let led = Entrance(trustsThisMachine: false)
    #expect(led.post() == 403)
    #expect(led.ask() == 200)
    #expect(Entrance(trustsThisMachine: false, trusted: ["127.0.0.1"]).post() == 200)
    var access = AccessSettings()
    access.tokens = [.init(name: "deploy", secret: .file("/x"), roles: Roles([.operate]))]
    let login = Entrance(access, secrets: ["s3cret"], trustsThisMachine: false)
    #expect(login.post(("Authorization", "Bearer s3cret")) == 200)
    #expect(login.post() == 401)
  }

  @Test func aNameThatSomebodyPointedHereShowsNothing() {
    var access = AccessSettings()
    access.hosts = ["watch.example"]
    let entrance = Entrance(access, hosts: ["farwatch.example"])
    for host in ["evil.example", "evil.example:9797", "127.0.0.1.evil.example", "", "a.b:80", "+1.2.3.4"] {
      #expect(entrance.ask(host: host) == 421, "\(host)")
      #expect(entrance.ask("GET", "/metrics", host: host) == 421, "\(host)")
      // Nothing of value is here, and whoever asks knows no better name.
      #expect(entrance.ask("GET", "/-/healthy", host: host) == 200)
    }
    for host in [
      "farwatch.example", "FARWATCH.example.:443", "watch.example:9797", "10.1.2.3", "[2001:db8::1]:9797",
      "localhost:9797", "farwatch:9797",
    ] { #expect(entrance.ask(host: host) == 200, "\(host)") }
    #expect(entrance.ask(host: nil) == 200)
    #expect(entrance.door.statistics.refused[.host] == 12)
  }

  @Test func whoHasALoginMayUseAnyName() {
    var access = AccessSettings()
    access.tokens = [.init(name: "grafana", secret: .file("/x"), roles: Roles([.read]))]
    access.anonymous = Roles([.metrics])
    let entrance = Entrance(access, secrets: ["s3cret"])
    #expect(entrance.ask(host: "any.example", [("Authorization", "Bearer s3cret")]) == 200)
    #expect(entrance.ask(host: "any.example") == 401)
    #expect(entrance.ask("GET", "/metrics", host: "any.example") == 421)
  }

  @Test func theNameInAURL() {
    #expect(outerHost(ofURL: "https://Farwatch.example:8443/x") == "farwatch.example")
    #expect(outerHost(ofURL: "http://10.0.0.7:9797") == "10.0.0.7")
    #expect(outerHost(ofURL: "http://[2001:db8::1]:9797/") != nil)
    for here in ["http://127.0.0.1:9797", "http://localhost/", "http://[::1]:9797/", "nonsense"] {
      #expect(outerHost(ofURL: here) == nil, "\(here)")
    }
  }

  @Test func oneIPv6NetworkIsOneClient() {
    #expect(networkOfClient("2001:db8::1") == networkOfClient("2001:db8:0:0:ffff::2"))
    #expect(networkOfClient("2001:db8::1") != networkOfClient("2001:db8:0:1::1"))
    #expect(networkOfClient("fe80::1%eth0") == networkOfClient("fe80::2"))
    #expect(networkOfClient("10.0.0.1") != networkOfClient("10.0.0.2"))
    var access = AccessSettings()
    access.clientLimit = RateLimit(interval: .seconds(10), burst: 2)
    let entrance = Entrance(access)
    #expect(entrance.ask(from: "2001:db8::1") == 200)
    #expect(entrance.ask(from: "2001:db8::2") == 200)
    #expect(entrance.ask(from: "2001:db8::3") == 429)
    #expect(entrance.ask(from: "2001:db8:0:1::3") == 200)
  }
}
