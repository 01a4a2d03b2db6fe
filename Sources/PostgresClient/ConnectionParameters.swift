internal import CPostgres
internal import Glibc
internal import Model
internal import Secrets

/// Where a connection string comes from. It is read anew for every connection, so that a rotated password works.
package enum DSNSource: Hashable, Sendable {
  /// libpq's own form: `host=… user=…` or `postgresql://…`.
  case text(String)
  /// A file with one connection string, at most 64 KiB; white space around it does not count.
  case file(String)
  /// An environment variable of this process.
  case environment(String)

  func read() throws(PostgresError) -> String {
    let source: SecretSource
    switch self {
    case .text(let text): return text
    case .environment(let name): source = .environment(name)
    case .file(let path): source = .file(path)
    }
    do throws(SecretSource.Failure) {
      return try source.read()
    } catch { throw PostgresError(.configuration, error.description) }
  }
}

/// A connection string in libpq's keywords, with names resolved and Farwatch's defaults added.
///
/// Made on a thread of its own (``DSNSource/read()`` and `getaddrinfo` block), so that the loop never looks up a
/// name: every host name is replaced by its addresses in `hostaddr`, each tried in turn, while `host` stays for
/// certificate checks and the password file. A host that comes from a service file or PGHOST libpq resolves itself.
struct ConnectionParameters: Sendable {
  private(set) var values: [String: String]
  private static let addressesPerName = 8

  /// - timeout: bounds how long TCP may wait for a peer that does not acknowledge.
  init(_ source: DSNSource, timeout: Duration) throws(PostgresError) {
    values = try Self.parse(try source.read())
    let defaults = [
      "application_name": "farwatch", "keepalives_idle": "10", "keepalives_interval": "5",
      "keepalives_count": "3",
      "tcp_user_timeout": String(max(1000, timeout.milliseconds)), "client_encoding": "UTF8",
      // With credentials at hand libpq would talk to a Kerberos server, and block.
      "gssencmode": "disable",
    ]
    values.merge(defaults) { own, _ in own }
    try resolve()
  }

  /// Every address and port that it may lead to; empty where only libpq knows.
  var places: Set<String> {
    func list(_ key: String) -> [String] {
      (values[key] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
    var found: Set<String> = []
    for index in 0..<max(hosts.count, addresses.count) {
      let address = addresses.indices.contains(index) ? addresses[index] : ""
      let host = address.isEmpty && hosts.indices.contains(index) ? hosts[index] : address
      let port = ports.indices.contains(index) ? ports[index] : ports.count == 1 ? ports[0] : ""
      if !host.isEmpty { found.insert(Self.place(host, port)) }
    }
    return found
  }

  /// Both loopback addresses are one place: a server that listens on both is one server.
  static func place(_ address: String, _ port: String) -> String {
    "\(address == "::1" ? "127.0.0.1" : address) \(port.isEmpty ? "5432" : port)"
  }

  /// `text` without the password, should a message ever quote it.
  func redacting(_ text: String) -> String {
    guard let password = values["password"], !password.isEmpty else { return text }
    return text.replacing(password, with: "***")
  }

  private static func parse(_ dsn: String) throws(PostgresError) -> [String: String] {
    // libpq's complaint quotes the string, password and all: it is not passed on.
    guard let options = PQconninfoParse(dsn, nil) else {
      throw PostgresError(.configuration, "the connection string is malformed (libpq cannot parse it)")
    }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return values
  }

  private mutating func resolve() throws(PostgresError) {
    guard values["hostaddr"] == nil, let host = values["host"] else { return }
    let hosts = host.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let ports = (values["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(
      String.init)
    guard ports.count <= 1 || ports.count == hosts.count else { return }  // libpq says what is wrong
    var entries: [(host: String, address: String, port: String)] = []
    var failure: PostgresError?
    for (index, host) in hosts.enumerated() {
      let port = ports.count > 1 ? ports[index] : ports.first ?? ""
      if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") {
        entries.append((host, "", port))
        continue
      }
      do throws(PostgresError) {
        for address in try Self.addresses(of: host) { entries.append((host, address, port)) }
      } catch {
        failure = error
      }
    }
    if entries.isEmpty, let failure { throw failure }
    values["host"] = entries.map(\.host).joined(separator: ",")
    values["hostaddr"] = entries.map(\.address).joined(separator: ",")
    if values["port"] != nil { values["port"] = entries.map(\.port).joined(separator: ",") }
  }

  private static func addresses(of host: String) throws(PostgresError) -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      throw PostgresError(.dns, "cannot resolve \(host): \(String(cString: gai_strerror(code)))")
    }
    defer { freeaddrinfo(list) }
    var found: [String] = []
    var entry = list
    while let info = entry, found.count < addressesPerName {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let address = info.pointee
      if getnameinfo(
        address.ai_addr, address.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      {
        let name = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        if !name.isEmpty, !found.contains(name) { found.append(name) }
      }
      entry = address.ai_next
    }
    if found.isEmpty { throw PostgresError(.dns, "\(host) has no address") }
    return found
  }
}
