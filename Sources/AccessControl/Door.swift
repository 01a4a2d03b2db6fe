package import HTTPServer
internal import Synchronization

/// Who a request comes from, once it is let in.
package struct Visitor: Hashable, Sendable {
  /// The user's or token's name; nil: nobody in particular.
  package var name: String?
  package var roles: Roles
}

/// What the door knows of the machine and its surroundings.
package struct DoorSurroundings: Sendable {
  /// Whether the operator has named this address as one whose requests are his, whatever it passes on.
  package var isTrusted: @Sendable (_ address: String) -> Bool
  /// Whether requests from this machine are the operator's. False where others may be led here through a proxy on it,
  /// which need not tell.
  package var trustsThisMachine: @Sendable () -> Bool
  /// Names, in small letters, under which a browser may know us, beside numeric addresses, `localhost` and
  /// ``AccessSettings/hosts``: the host of `external_url`.
  package var hosts: @Sendable () -> Set<String>
  /// Time since some moment, never going back.
  package var monotonic: @Sendable () -> Duration

  package init(
    isTrusted: @escaping @Sendable (String) -> Bool, trustsThisMachine: @escaping @Sendable () -> Bool,
    hosts: @escaping @Sendable () -> Set<String>, monotonic: @escaping @Sendable () -> Duration
  ) {
    self.isTrusted = isTrusted
    self.trustsThisMachine = trustsThisMachine
    self.hosts = hosts
    self.monotonic = monotonic
  }
}

/// Lets requests in: limits, logins, tokens, roles, and nothing that another site's page sends.
///
/// While there is neither user nor token, everybody may read, and who is trusted by address may change things. As soon
/// as there is one, an address is no login: only `access.anonymous` says what needs none.
package final class Door: Sendable {
  private struct Rules {
    var web = WebConfiguration()
    var access = AccessSettings()
    var tokens = Tokens()
  }

  private struct Meters {
    var all: TokenBucket?
    var clients: ClientBuckets?
  }

  private let rules = Mutex(Rules())
  private let meters = Mutex(Meters())
  private let counters = DoorCounters()
  private let surroundings: DoorSurroundings
  private let logins: Logins

  package init(_ surroundings: DoorSurroundings) {
    self.surroundings = surroundings
    let counters = counters
    logins = Logins(monotonic: surroundings.monotonic) {
      counters.count(.login)
      return Self.unauthorized
    }
  }

  package var statistics: DoorStatistics { counters.snapshot }

  /// Puts these rules in force for every request from now on. `secrets` are those of the tokens, in their order.
  package func apply(_ web: WebConfiguration, _ access: AccessSettings, secrets: [String]) {
    var tokens = Tokens()
    for (token, secret) in zip(access.tokens, secrets) { tokens.add(token.name, secret, token.roles) }
    let now = surroundings.monotonic()
    let before = rules.withLock { rules in
      defer { rules = Rules(web: web, access: access, tokens: tokens) }
      return rules
    }
    if before.web.users != web.users { logins.forget() }
    meters.withLock { meters in
      if meters.all == nil || before.web.rateLimit != web.rateLimit {
        meters.all = web.rateLimit.map { TokenBucket($0, now: now) }
      }
      if meters.clients == nil || before.access.clientLimit != access.clientLimit {
        meters.clients = access.clientLimit.map { ClientBuckets($0) }
      }
    }
  }

  /// The handler's answer, or a refusal, with the headers that the web configuration adds.
  package func answer(
    _ request: HTTPServerRequest, _ handler: (HTTPServerRequest, Visitor) -> HTTPServerResponse
  ) -> HTTPServerResponse {
    let rules = rules.withLock { $0 }
    var response = admit(request, rules, handler)
    for field in rules.web.headers {
      response.headers.removeAll { $0.name.lowercased() == field.name.lowercased() }
      response.headers.append(field)
    }
    return response
  }

  private func admit(
    _ request: HTTPServerRequest, _ rules: Rules,
    _ handler: (HTTPServerRequest, Visitor) -> HTTPServerResponse
  ) -> HTTPServerResponse {
    if let refusal = meter(request, rules) { return refusal }
    let requirement = Requirement.of(method: request.method, path: request.path)
    let visitor: Visitor
    switch identify(request, rules) {
    case .visitor(let known): visitor = known
    case .answer(let answer): return answer
    }
    guard case .role(let role) = requirement else { return handler(request, visitor) }
    guard visitor.roles.contains(role) else {
      counters.count(.role)
      // Who may log in is asked to; who has is told what is missing.
      let asksForLogin = visitor.name == nil && !(rules.web.users.isEmpty && rules.tokens.isEmpty)
      return asksForLogin ? Self.unauthorized : Self.forbidden(role, visitor)
    }
    // A browser says of each change which page sent it, of what it reads it does not.
    let changes = role == .operate || role == .ingest
    if changes, let refusal = foreignPage(request, rules) {
      counters.count(.origin)
      return refusal
    }
    if !changes, let refusal = foreignName(request, visitor, rules) {
      counters.count(.host)
      return refusal
    }
    return handler(request, visitor)
  }

  // MARK: Limits

  private func meter(_ request: HTTPServerRequest, _ rules: Rules) -> HTTPServerResponse? {
    let now = surroundings.monotonic()
    let isWelcome = meters.withLock { meters in
      if let limit = rules.web.rateLimit, meters.all?.take(limit, now: now) == false { return false }
      return meters.clients?.take(request.clientNetwork, now: now) ?? true
    }
    if isWelcome { return nil }
    counters.count(.rate)
    return Self.later(429, "Too many requests: slow down.\n")
  }

  // MARK: Who is it

  private enum Identity {
    case visitor(Visitor)
    case answer(HTTPServerResponse)
  }

  private func identify(_ request: HTTPServerRequest, _ rules: Rules) -> Identity {
    let anonymous = Visitor(name: nil, roles: anonymousRoles(request, rules))
    guard let header = request.header("Authorization") else { return .visitor(anonymous) }
    // A proxy in front may have its own logins; without ours, theirs mean nothing.
    if rules.web.users.isEmpty, rules.tokens.isEmpty { return .visitor(anonymous) }
    let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard parts.count == 2 else { return refuse() }
    switch parts[0].lowercased() {
    case "bearer":
      guard let token = rules.tokens.find(String(parts[1])) else { return refuse() }
      return .visitor(Visitor(name: token.name, roles: token.roles))
    case "basic":
      guard let login = BasicLogin(String(parts[1])) else { return refuse() }
      return logIn(login, request, rules)
    default: return refuse()
    }
  }

  private func logIn(_ login: BasicLogin, _ request: HTTPServerRequest, _ rules: Rules) -> Identity {
    let hash = rules.web.users[login.user]
    switch logins.check(login.user, login.password, hash, from: request.clientNetwork) {
    case .known:
      return .visitor(Visitor(name: login.user, roles: rules.access.users[login.user] ?? .all))
    case .checking(let answer): return .answer(HTTPServerResponse(status: 200, body: .deferred(answer)))
    case .busy: return .answer(Self.later(503, "Too many logins are being checked.\n"))
    case .barred:
      counters.count(.barred)
      return .answer(Self.later(429, "Too many wrong passwords from this address.\n"))
    }
  }

  private func refuse() -> Identity {
    counters.count(.login)
    return .answer(Self.unauthorized)
  }

  private func anonymousRoles(_ request: HTTPServerRequest, _ rules: Rules) -> Roles {
    let asksForLogins = !rules.web.users.isEmpty || !rules.tokens.isEmpty
    let base = rules.access.anonymous ?? (asksForLogins ? .none : Roles([.read]))
    if asksForLogins { return base }
    if surroundings.isTrusted(request.remoteAddress) { return .all }
    return request.isFromThisMachine && surroundings.trustsThisMachine() ? .all : base
  }

  // MARK: Pages of other sites

  /// A browser sends what another site's page tells it to, with our own logins; it cannot hide where the page is from.
  private func foreignPage(_ request: HTTPServerRequest, _ rules: Rules) -> HTTPServerResponse? {
    let site = request.header("Sec-Fetch-Site")?.lowercased()
    guard let origin = request.header("Origin") else {
      if site == nil || site == "same-origin" || site == "none" { return nil }
      return Self.foreign
    }
    guard let host = request.header("Host"), let end = origin.firstRange(of: "://")?.upperBound,
      origin[end...].lowercased() == host.lowercased(), site == nil || site == "same-origin",
      isOurs(HostName(host), rules)
    else { return Self.foreign }
    return nil
  }

  /// A page of a name that somebody has pointed at this address may read what we answer, as the browser takes it for the
  /// same site. It has no login of ours, so what is shown without one is shown under our own names only. A name without
  /// a dot is of the network's own directory: nobody outside can give it to his site.
  private func foreignName(
    _ request: HTTPServerRequest, _ visitor: Visitor, _ rules: Rules
  ) -> HTTPServerResponse? {
    guard visitor.name == nil, let host = request.header("Host") else { return nil }
    let name = HostName(host)
    if case .name(let text) = name, !text.contains(".") { return nil }
    return isOurs(name, rules) ? nil : Self.misdirected
  }

  /// A name that an attacker has pointed at this address is his, although it leads here.
  private func isOurs(_ host: HostName, _ rules: Rules) -> Bool {
    switch host {
    case .thisMachine, .address: true
    case .name(let name): rules.access.hosts.contains(name) || surroundings.hosts().contains(name)
    case .none: false
    }
  }

  // MARK: Refusals

  private static let unauthorized: HTTPServerResponse = {
    var answer = HTTPServerResponse.text(401, "Unauthorized\n")
    answer.headers = [
      HTTPServerField("WWW-Authenticate", "Basic realm=\"Farwatch\", charset=\"UTF-8\""),
      HTTPServerField("Cache-Control", "no-store"),
    ]
    return answer
  }()

  private static func forbidden(_ role: Role, _ visitor: Visitor) -> HTTPServerResponse {
    .text(
      403,
      visitor.name == nil
        ? "This needs the role \(role.rawValue): it is allowed from trusted_clients, with a login, and from this machine "
          + "while neither a proxy nor external_url leads others to it.\n"
        : "This needs the role \(role.rawValue); this login has: \(visitor.roles.isEmpty ? "none" : "\(visitor.roles)").\n"
    )
  }

  private static let foreign = HTTPServerResponse.text(
    403,
    "A page of another site, or under a name that is not ours, may change nothing here. Is external_url right?\n"
  )

  private static let misdirected = HTTPServerResponse.text(
    421,
    "This name is not ours, as far as the configuration tells: give it under access.hosts, or use a login.\n")

  private static func later(_ status: Int, _ text: String) -> HTTPServerResponse {
    var answer = HTTPServerResponse.text(status, text)
    answer.headers.append(HTTPServerField("Retry-After", "1"))
    return answer
  }
}
