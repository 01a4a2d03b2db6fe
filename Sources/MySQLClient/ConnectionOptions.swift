internal import Glibc
internal import Model
internal import Secrets

/// What a connection is made with: a ``MySQLSource`` read to the end, with its host's name looked up.
///
/// Made on a thread of its own, because files and `getaddrinfo` block: the loop connects to addresses only.
struct ConnectionOptions: Sendable {
  /// Tried in turn; empty for a socket.
  private(set) var addresses: [String] = []
  private(set) var host = ""
  private(set) var port = 3306
  private(set) var socket: String?
  private(set) var user = ""
  private(set) var password = ""
  private(set) var database: String?
  private(set) var tls = MySQLTLS.off
  private(set) var caFile: String?
  private(set) var certificateFile: String?
  private(set) var keyFile: String?

  private static let addressesPerName = 8
  private static let fileLimit = 16_384

  init(_ source: MySQLSource) throws(MySQLError) {
    var file: [String: String] = [:]
    if let path = source.optionFile {
      let text = try Self.read(path)
      do throws(MySQLOptionFile.Malformed) {
        file = try MySQLOptionFile(text).values
      } catch { throw MySQLError(.configuration, "\(path): \(error)") }
    }
    func text(_ own: String?, _ name: String) -> String? {
      own ?? file[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    host = text(source.host, "host") ?? ""
    // Beside a host of its own the file's socket is the short cut that some package put there.
    let isLocal = source.host == nil && (host.isEmpty || host == "localhost")
    socket = isLocal ? text(source.socket, "socket") : source.socket
    user = text(source.user, "user") ?? ""
    database = text(source.database, "database")
    if let own = source.port {
      port = own
    } else if let written = file["port"] {
      guard let number = Int(written), (1...65_535).contains(number) else {
        throw MySQLError(.configuration, "\(source.optionFile ?? ""): port must be 1 to 65535")
      }
      port = number
    }
    try readPassword(source.password, file)
    try readTLS(source, file)
    guard !user.isEmpty else {
      throw MySQLError(.configuration, "no user is given, and none stands in the file")
    }
    guard socket == nil else { return }
    guard !host.isEmpty else { throw MySQLError(.configuration, "neither a host nor a socket is given") }
    addresses = try Self.addresses(of: host)
  }

  /// `text` without the password, should a message ever quote it.
  func redacting(_ text: String) -> String {
    password.isEmpty ? text : text.replacing(password, with: "***")
  }

  private mutating func readPassword(
    _ source: SecretSource?, _ file: [String: String]
  ) throws(MySQLError) {
    do throws(SecretSource.Failure) {
      password = try source?.readFirstLine() ?? file["password"] ?? ""
    } catch { throw MySQLError(.configuration, error.description) }
    if password.utf8.contains(0) { throw MySQLError(.configuration, "the password holds a zero byte") }
  }

  private mutating func readTLS(_ source: MySQLSource, _ file: [String: String]) throws(MySQLError) {
    caFile = source.caFile ?? file["ssl-ca"]
    certificateFile = file["ssl-cert"]
    keyFile = file["ssl-key"]
    if let own = source.tls {
      tls = own
    } else {
      switch file["ssl-mode"]?.uppercased() {
      case "DISABLED": tls = .off
      case "REQUIRED", "PREFERRED": tls = .require
      case "VERIFY_CA", "VERIFY_IDENTITY": tls = .verify
      case nil:
        let on: (String) -> Bool = { name in
          file[name].map { !["0", "off", "false"].contains($0.lowercased()) } ?? false
        }
        if caFile != nil || on("ssl-verify-server-cert") {
          tls = .verify
        } else if certificateFile != nil || on("ssl") {
          tls = .require
        }
      default: throw MySQLError(.configuration, "\(source.optionFile ?? ""): ssl-mode is unknown")
      }
    }
    // A socket does not leave the machine.
    if socket != nil { tls = .off }
    guard tls == .off else {
      for path in [caFile, certificateFile, keyFile].compactMap(\.self) where access(path, R_OK) != 0 {
        throw MySQLError(.configuration, "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      return
    }
  }

  /// Throws an error that names the path; never the content.
  private static func read(_ path: String) throws(MySQLError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw MySQLError(.configuration, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: fileLimit + 1)
    let n = Glibc.read(descriptor, &bytes, bytes.count)
    guard n > 0, n <= fileLimit else {
      throw MySQLError(.configuration, "\(path) is empty, unreadable or longer than 16 KiB")
    }
    return String(decoding: bytes[..<n], as: UTF8.self)
  }

  private static func addresses(of host: String) throws(MySQLError) -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      throw MySQLError(.dns, "cannot resolve \(host): \(String(cString: gai_strerror(code)))")
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
    if found.isEmpty { throw MySQLError(.dns, "\(host) has no address") }
    return found
  }
}
