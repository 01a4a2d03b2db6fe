internal import Secrets
internal import Glibc
internal import Model
internal import TLSTransport

/// What a connection is made from: everything that had to be waited for (names, files) is done.
struct Route: Sendable {
  let server: RedisServer
  /// At least one, tried in turn.
  let addresses: [String]
  let password: String?
  let tls: (options: TLSOptions, context: TLSContext)?

  /// Reads files: on a thread that may wait.
  init(_ server: RedisServer, addresses: [String], _ contexts: TLSContexts) throws(RedisError) {
    self.server = server
    self.addresses = addresses
    do throws(SecretSource.Failure) {
      password = try server.password?.read()
    } catch { throw RedisError(.configuration, error.description) }
    do throws(StreamFailure) {
      tls = try server.tls.map { (options) throws(StreamFailure) in
        (options, try contexts.context(for: options))
      }
    } catch { throw RedisError(error) }
  }

  /// A non-blocking socket that connects to the address at `index`.
  func connect(_ index: Int) throws(RedisError) -> Int32 {
    let address = addresses[index]
    var storage = sockaddr_storage()
    let (family, size) = withUnsafeMutableBytes(of: &storage) { raw -> (Int32, socklen_t) in
      var four = sockaddr_in()
      if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = server.port.bigEndian
        withUnsafeBytes(of: four) { raw.copyMemory(from: $0) }
        return (AF_INET, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
      var six = sockaddr_in6()
      let parts = address.split(separator: "%", maxSplits: 1)
      guard let plain = parts.first, inet_pton(AF_INET6, String(plain), &six.sin6_addr) == 1 else {
        return (0, 0)
      }
      if parts.count > 1 { six.sin6_scope_id = if_nametoindex(String(parts[1])) }
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = server.port.bigEndian
      withUnsafeBytes(of: six) { raw.copyMemory(from: $0) }
      return (AF_INET6, socklen_t(MemoryLayout<sockaddr_in6>.size))
    }
    guard size > 0 else { throw RedisError(.dns, "\(address) is no address") }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let made = socket(family, kind, 0)
    guard made >= 0 else { throw .system(errno, "no socket") }
    var one: Int32 = 1
    setsockopt(made, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    let code = withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(made, $0, size) }
    }
    guard code == 0 || errno == EINPROGRESS else {
      let error = RedisError.system(errno, "cannot connect to \(server.name)")
      close(made)
      throw error
    }
    return made
  }
}

extension RedisError {
  static func system(_ number: Int32, _ what: String) -> RedisError {
    let reason: FailureReason =
      switch number {
      case ECONNREFUSED: .refused
      case ECONNRESET, EPIPE: .reset
      case ETIMEDOUT: .timeout
      case EHOSTUNREACH, ENETUNREACH: .unreachable
      case EMFILE, ENFILE, ENOMEM, ENOBUFS: .limit
      default: .other
      }
    return RedisError(reason, "\(what): \(String(cString: strerror(number)))")
  }

  init(_ failure: StreamFailure) { self.init(failure.reason, failure.detail) }
}
