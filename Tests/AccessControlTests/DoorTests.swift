import Foundation
import HTTPServer
import Model
import Secrets
import StrictYAML
import Synchronization
import Testing

@testable import AccessControl

/// A door over a real server, on a clock that stands still unless it is moved.
private final class House: Sendable {
  let door: Door
  let server: HTTPServer
  private let time = TimeBox()

  init(
    _ web: WebConfiguration = WebConfiguration(), _ access: AccessSettings = AccessSettings(),
    secrets: [String] = [], trusts: Bool = false, namesClients: Bool = false, hosts: Set<String> = []
  ) throws {
    door = Door(
      DoorSurroundings(
        isTrusted: { _ in namesClients }, trustsThisMachine: { trusts }, hosts: { hosts },
        monotonic: { [time] in time.now }))
    door.apply(web, access, secrets: secrets)
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { [door] request in
      door.answer(request) { request, visitor in
        .text(200, "\(visitor.name ?? "nobody"): \(visitor.roles)\n")
      }
    }
  }

  func pass(_ duration: Duration) { time.add(duration) }

  /// Status and body.
  func ask(_ path: String, _ arguments: String...) throws -> (status: Int, body: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["curl", "-s", "-m", "20", "-w", "\n%{http_code}"] + arguments + [
        "http://\(server.boundAddress)\(path)"
      ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = text.split(separator: "\n")
    return (Int(lines.last ?? "") ?? -1, lines.dropLast().joined(separator: "\n"))
  }
}

private final class TimeBox: Sendable {
  private let time = Mutex<Duration>(.zero)
  var now: Duration { time.withLock { $0 } }
  func add(_ duration: Duration) { time.withLock { $0 += duration } }
}

/// Of "hunter2", at the least cost.
private let hashOfHunter2 = "$2b$04$VaNHrRPHtb.5djIIUSMoleLWx5Sb0HRE9Xyl8wDZdcmjdiVHze1He"

private func webUsers(_ names: String...) -> WebConfiguration {
  var web = WebConfiguration()
  for name in names { web.users[name] = PasswordHash(hashOfHunter2) }
  return web
}

@Suite struct DoorTests {
  @Test func withoutLoginsAllReadAndTheTrustedChange() throws {
    let open = try House()
    #expect(try open.ask("/") == (200, "nobody: metrics, read"))
    #expect(try open.ask("/metrics").status == 200)
    #expect(try open.ask("/api/v1/query", "-d", "query=up").status == 200)
    #expect(try open.ask("/api/v2/silences", "-d", "{}").status == 403)
    #expect(try open.ask("/api/v1/write", "-d", "x").status == 403)
    #expect(try open.ask("/-/reload", "-X", "POST").status == 403)
    let trusting = try House(trusts: true)
    #expect(
      try trusting.ask("/api/v2/silences", "-d", "{}") == (200, "nobody: metrics, read, operate, ingest"))
    #expect(try trusting.ask("/api/v2/silences", "-d", "{}", "-H", "X-Forwarded-For: 9.9.9.9").status == 403)
    #expect(try trusting.ask("/", "-u", "proxy:login").status == 200)
  }

  @Test func oneLoginShutsTheDoorForOthers() throws {
    let house = try House(webUsers("ada"), trusts: true)
    #expect(try house.ask("/") == (401, "Unauthorized"))
    #expect(try house.ask("/metrics").status == 401)
    #expect(try house.ask("/", "-u", "ada:wrong").status == 401)
    #expect(try house.ask("/", "-u", "bob:hunter2").status == 401)
    #expect(try house.ask("/", "-u", "ada:hunter2") == (200, "ada: metrics, read, operate, ingest"))
    #expect(try house.ask("/-/healthy").status == 200)
    #expect(try house.ask("/ping/abc").status == 200)
    #expect(try house.ask("/", "-H", "Authorization: Basic !!!").status == 401)
    #expect(try house.ask("/", "-H", "Authorization: Digest x").status == 401)
    #expect(house.door.statistics.refused[.login] == 4)
    let headers = try house.ask("/", "-D", "-").body
    #expect(headers.contains("WWW-Authenticate: Basic realm=\"Farwatch\""))
  }

  @Test func rolesAreWhatTheySay() throws {
    var access = AccessSettings()
    access.users = ["grafana": Roles([.read])]
    access.tokens = [
      AccessSettings.Token(name: "scraper", secret: .file("/x"), roles: Roles([.metrics])),
      AccessSettings.Token(name: "prometheus", secret: .file("/y"), roles: Roles([.ingest])),
      AccessSettings.Token(name: "pager", secret: .file("/z"), roles: Roles([.operate])),
    ]
    let house = try House(webUsers("grafana"), access, secrets: ["s3cret", "t0ken", "page"])
    func token(_ text: String) -> String { "Authorization: Bearer \(text)" }
    #expect(try house.ask("/metrics", "-H", token("s3cret")) == (200, "scraper: metrics"))
    #expect(try house.ask("/", "-H", token("s3cret")).status == 403)
    #expect(try house.ask("/api/v1/alerts", "-d", "[]", "-H", token("t0ken")).status == 200)
    #expect(try house.ask("/api/v2/silences", "-d", "{}", "-H", token("t0ken")).status == 403)
    #expect(try house.ask("/metrics", "-H", token("t0ken")).status == 403)
    #expect(try house.ask("/api/v2/silences", "-d", "{}", "-H", token("page")).status == 200)
    #expect(try house.ask("/api/v2/silence/1", "-X", "DELETE", "-H", token("page")).status == 200)
    #expect(try house.ask("/", "-H", token("nonsense")).status == 401)
    #expect(try house.ask("/", "-u", "grafana:hunter2").status == 200)
    let refusal = try house.ask("/-/reload", "-X", "POST", "-u", "grafana:hunter2")
    #expect(refusal == (403, "This needs the role operate; this login has: metrics, read."))
  }

  @Test func anonymousRolesCanBeGiven() throws {
    var access = AccessSettings()
    access.anonymous = Roles([.metrics])
    let house = try House(webUsers("ada"), access)
    #expect(try house.ask("/metrics").status == 200)
    #expect(try house.ask("/").status == 401)
  }

  @Test func wrongPasswordsBarTheAddressForAWhile() throws {
    let house = try House(webUsers("ada"))
    #expect(try house.ask("/", "-u", "ada:hunter2").status == 200)
    for attempt in 0..<10 { #expect(try house.ask("/", "-u", "ada:wrong\(attempt)").status == 401) }
    #expect(try house.ask("/", "-u", "ada:wrong").status == 429)
    // Who is known stays welcome.
    #expect(try house.ask("/", "-u", "ada:hunter2").status == 200)
    house.pass(.seconds(6))
    #expect(try house.ask("/", "-u", "ada:wrong").status == 401)
    #expect(try house.ask("/", "-u", "ada:wrong").status == 429)
    #expect(house.door.statistics.refused[.barred] == 2)
  }

  @Test func changedUsersCountAtOnce() throws {
    let house = try House(webUsers("ada"))
    #expect(try house.ask("/", "-u", "ada:hunter2").status == 200)
    house.door.apply(webUsers("bob"), AccessSettings(), secrets: [])
    #expect(try house.ask("/", "-u", "ada:hunter2").status == 401)
    #expect(try house.ask("/", "-u", "bob:hunter2").status == 200)
  }

  @Test func ratesAreLimited() throws {
    var web = WebConfiguration()
    web.rateLimit = RateLimit(interval: .seconds(1), burst: 3)
    let house = try House(web)
    for _ in 0..<3 { #expect(try house.ask("/").status == 200) }
    #expect(try house.ask("/").status == 429)
    house.pass(.seconds(1))
    #expect(try house.ask("/").status == 200)
    #expect(try house.ask("/").status == 429)
    var access = AccessSettings()
    access.clientLimit = RateLimit(interval: .seconds(10), burst: 1)
    house.door.apply(WebConfiguration(), access, secrets: [])
    #expect(try house.ask("/").status == 200)
    #expect(try house.ask("/").status == 429)
    #expect(house.door.statistics.refused[.rate] == 3)
  }

  @Test func otherSitesPagesChangeNothing() throws {
    let house = try House(namesClients: true, hosts: ["farwatch.example"])
    func post(_ headers: String...) throws -> Int {
      try house.ask("/api/v2/silences", "-d", "{}", headers: headers)
    }
    let own = house.server.boundAddress
    #expect(try post("Origin: http://\(own)") == 200)
    #expect(try post("Origin: http://\(own)", "Sec-Fetch-Site: same-origin") == 200)
    #expect(try post("Origin: http://evil.example") == 403)
    #expect(try post("Origin: null") == 403)
    #expect(try post("Sec-Fetch-Site: cross-site") == 403)
    #expect(try post("Origin: http://\(own)", "Sec-Fetch-Site: cross-site") == 403)
    // A name that was pointed here.
    #expect(try post("Origin: http://evil.example:9797", "Host: evil.example:9797") == 403)
    // A program says of no page, and may know us by any name.
    #expect(try post("Host: watch.corp.example:9797") == 200)
    #expect(try post("Origin: https://farwatch.example", "Host: farwatch.example") == 200)
    #expect(try post() == 200)
    #expect(house.door.statistics.refused[.origin] == 5)
  }

  @Test func headersAreAddedAndReplaced() throws {
    var web = WebConfiguration()
    web.headers = [
      HTTPServerField("Strict-Transport-Security", "max-age=1"), HTTPServerField("content-type", "x"),
    ]
    let house = try House(web)
    #expect(try house.ask("/", "-D", "-").body.contains("Strict-Transport-Security: max-age=1"))
  }

  @Test func aFloodOfClientsIsBounded() {
    var buckets = ClientBuckets(RateLimit(interval: .seconds(1), burst: 1), capacity: 10)
    var taken = (0..<10).map { buckets.take("\($0)", now: .zero) }
    // All others share one.
    taken.append(buckets.take("a", now: .zero))
    #expect(taken.allSatisfy { $0 })
    let shared = buckets.take("b", now: .zero)
    #expect(!shared)
    let later = buckets.take("c", now: .seconds(2))
    #expect(later)
  }

  /// Each look at all entries costs as much as there are.
  @Test func aFloodDoesNotMakeEveryRequestLookAtAll() {
    var buckets = ClientBuckets(RateLimit(interval: .seconds(100), burst: 1), capacity: 10)
    for client in 0..<1000 { _ = buckets.take("\(client)", now: .milliseconds(client)) }
    #expect(buckets.sweeps == 1)
    _ = buckets.take("a", now: .seconds(2))
    #expect(buckets.sweeps == 2)
  }
}

extension House {
  fileprivate func ask(_ path: String, _ arguments: String..., headers: [String]) throws -> Int {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"] + arguments
      + headers.flatMap { ["-H", $0] } + ["http://\(server.boundAddress)\(path)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Int(text) ?? -1
  }
}
