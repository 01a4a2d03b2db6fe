internal import Model
internal import Programs

/// One connection to an SFTP server, through the system's `ssh`: it brings the host's verification, the keys and the
/// ciphers of today. Blocks; confined to its store's queue.
final class SFTPSession {
  private let place: SFTPPlace
  private let program: ProgramConversation
  private var lastID: UInt32 = 0
  private let clock = SystemTime()

  init(_ place: SFTPPlace, until deadline: MonotonicInstant) throws(StoreFailure) {
    self.place = place
    var request = ProgramRequest(arguments: Self.arguments(place, deadline - SystemTime().monotonic))
    request.outputLimit = 4096
    do throws(ProgramConversation.Trouble) {
      program = try ProgramConversation(request)
    } catch { throw Self.failure(error, place, []) }
    var hello = SFTPMessage.Writer(.initialise)
    hello.add(UInt32(3))
    let answer = try exchange(hello, until: deadline)
    guard answer.first == SFTPMessage.Kind.version.rawValue else { throw malformed }
  }

  func end() { program.end() }

  /// Nothing of the user's own configuration counts, and nobody is asked for a password.
  private static func arguments(_ place: SFTPPlace, _ timeout: Duration) -> [String] {
    let seconds = min(max(1, timeout.milliseconds / 1000), 3600)
    var arguments = [place.program, "-F", "/dev/null"]
    for option in [
      "BatchMode=yes", "StrictHostKeyChecking=yes", "UserKnownHostsFile=\"\(place.knownHostsFile)\"",
      "GlobalKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "IdentityFile=\"\(place.keyFile)\"",
      "IdentityAgent=none", "ConnectTimeout=\(seconds)", "ServerAliveInterval=15", "ClearAllForwardings=yes",
      "LogLevel=ERROR", "RequestTTY=no",
    ] { arguments += ["-o", option] }
    return arguments + ["-p", "\(place.port)", "-l", place.user, "-s", "--", place.host, "sftp"]
  }

  // MARK: - Questions

  /// An open directory, of which each call reads on; nil at its end.
  func openDirectory(_ path: String, until deadline: MonotonicInstant) throws(StoreFailure) -> [UInt8] {
    var message = numbered(.openDirectory)
    message.add(Array(path.utf8))
    return try handle(try exchange(message, until: deadline), path)
  }

  func readDirectory(
    _ handle: [UInt8], until deadline: MonotonicInstant
  ) throws(StoreFailure) -> [(name: [UInt8], attributes: SFTPMessage.Attributes)]? {
    var message = numbered(.readDirectory)
    message.add(handle)
    let answer = try exchange(message, until: deadline)
    var reader = SFTPMessage.Reader(answer)
    do throws(SFTPMessage.Malformed) {
      let kind = try reader.byte()
      guard try reader.number() == lastID else { throw SFTPMessage.Malformed() }
      if kind == SFTPMessage.Kind.status.rawValue {
        if try reader.number() == SFTPMessage.Status.endOfFile { return nil }
      } else if kind == SFTPMessage.Kind.names.rawValue {
        var found: [(name: [UInt8], attributes: SFTPMessage.Attributes)] = []
        for _ in 0..<(try reader.number()) {
          let name = try reader.text()
          _ = try reader.text()
          found.append((name, try reader.attributes()))
        }
        return found
      }
    } catch { throw malformed }
    throw refusal(answer, place.path)
  }

  func close(_ handle: [UInt8], until deadline: MonotonicInstant) throws(StoreFailure) {
    var message = numbered(.close)
    message.add(handle)
    _ = try exchange(message, until: deadline)
  }

  func attributes(
    of path: String, until deadline: MonotonicInstant
  ) throws(StoreFailure) -> SFTPMessage.Attributes {
    var message = numbered(.attributesOfPath)
    message.add(Array(path.utf8))
    return try attributes(try exchange(message, until: deadline), path)
  }

  func attributes(
    ofHandle handle: [UInt8], _ path: String, until deadline: MonotonicInstant
  ) throws(StoreFailure) -> SFTPMessage.Attributes {
    var message = numbered(.attributesOfHandle)
    message.add(handle)
    return try attributes(try exchange(message, until: deadline), path)
  }

  func open(_ path: String, until deadline: MonotonicInstant) throws(StoreFailure) -> [UInt8] {
    var message = numbered(.open)
    message.add(Array(path.utf8))
    // For reading, without attributes.
    message.add(UInt32(1))
    message.add(UInt32(0))
    return try handle(try exchange(message, until: deadline), path)
  }

  /// Some bytes, perhaps fewer than asked for; none at the end.
  func read(
    _ handle: [UInt8], _ path: String, from place: UInt64, count: UInt32, until deadline: MonotonicInstant
  ) throws(StoreFailure) -> [UInt8] {
    var message = numbered(.read)
    message.add(handle)
    message.add(place)
    message.add(count)
    let answer = try exchange(message, until: deadline)
    var reader = SFTPMessage.Reader(answer)
    do throws(SFTPMessage.Malformed) {
      let kind = try reader.byte()
      guard try reader.number() == lastID else { throw SFTPMessage.Malformed() }
      if kind == SFTPMessage.Kind.data.rawValue { return try reader.text() }
      if kind == SFTPMessage.Kind.status.rawValue, try reader.number() == SFTPMessage.Status.endOfFile {
        return []
      }
    } catch { throw malformed }
    throw refusal(answer, path)
  }

  // MARK: - Messages

  private func numbered(_ kind: SFTPMessage.Kind) -> SFTPMessage.Writer {
    lastID &+= 1
    var message = SFTPMessage.Writer(kind)
    message.add(lastID)
    return message
  }

  private func exchange(
    _ message: SFTPMessage.Writer, until deadline: MonotonicInstant
  ) throws(StoreFailure) -> [UInt8] {
    do throws(ProgramConversation.Trouble) {
      try program.send(message.framed, until: deadline)
      var length = SFTPMessage.Reader(try program.receive(4, until: deadline))
      let count = Int((try? length.number()) ?? 0)
      guard (1...SFTPMessage.longest).contains(count) else {
        return []
      }
      return try program.receive(count, until: deadline)
    } catch { throw Self.failure(error, place, program.complaints) }
  }

  private func handle(_ answer: [UInt8], _ path: String) throws(StoreFailure) -> [UInt8] {
    var reader = SFTPMessage.Reader(answer)
    do throws(SFTPMessage.Malformed) {
      let kind = try reader.byte()
      guard try reader.number() == lastID else { throw SFTPMessage.Malformed() }
      if kind == SFTPMessage.Kind.handle.rawValue { return try reader.text() }
    } catch { throw malformed }
    throw refusal(answer, path)
  }

  private func attributes(_ answer: [UInt8], _ path: String) throws(StoreFailure) -> SFTPMessage.Attributes {
    var reader = SFTPMessage.Reader(answer)
    do throws(SFTPMessage.Malformed) {
      let kind = try reader.byte()
      guard try reader.number() == lastID else { throw SFTPMessage.Malformed() }
      if kind == SFTPMessage.Kind.attributes.rawValue { return try reader.attributes() }
    } catch { throw malformed }
    throw refusal(answer, path)
  }

  private var malformed: StoreFailure {
    StoreFailure(.protocolError, "\(place.title) answers what is no SFTP")
  }

  private func refusal(_ answer: [UInt8], _ path: String) -> StoreFailure {
    var reader = SFTPMessage.Reader(answer)
    guard (try? reader.byte()) == SFTPMessage.Kind.status.rawValue, (try? reader.number()) != nil,
      let code = try? reader.number()
    else { return malformed }
    switch code {
    case SFTPMessage.Status.noSuchFile:
      var failure = StoreFailure(.missing, "\(place.title): \(path) is not there")
      failure.hasChanged = true
      return failure
    case SFTPMessage.Status.permissionDenied:
      return StoreFailure(.permission, "\(place.title): \(path) may not be read by \(place.user)")
    default: return StoreFailure(.io, "\(place.title): \(path): status \(code)")
    }
  }

  /// What ssh wrote before it gave up is all there is to know.
  private static func failure(
    _ trouble: ProgramConversation.Trouble, _ place: SFTPPlace, _ complaints: [String]
  ) -> StoreFailure {
    switch trouble {
    case .timedOut: return StoreFailure(.timeout, "\(place.title): no answer in time")
    case .notStarted(let reason, let detail):
      return StoreFailure(reason, "\(place.title): ssh does not run: \(detail)")
    case .ended:
      let known: [(String, FailureReason)] = [
        ("IDENTIFICATION HAS CHANGED", .certificateInvalid),
        ("Host key verification failed", .certificateInvalid), ("host key", .certificateInvalid),
        ("Permission denied", .authentication),
        ("Identity file", .configuration), ("UNPROTECTED PRIVATE KEY", .configuration),
        ("Could not resolve", .dns), ("refused", .refused), ("timed out", .timeout), ("reset", .reset),
        ("unreachable", .unreachable), ("No route", .unreachable), ("subsystem", .protocolError),
      ]
      for (phrase, reason) in known {
        if let line = complaints.first(where: { $0.contains(phrase) }) {
          return StoreFailure(reason, "\(place.title): \(printable(line))")
        }
      }
      let words = complaints.first.map { printable($0) } ?? "the connection ended"
      return StoreFailure(.other, "\(place.title): \(words)")
    }
  }
}
