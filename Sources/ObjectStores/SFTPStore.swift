internal import Dispatch
internal import Model
internal import Synchronization

/// One directory of an SFTP server; what lies deeper is not looked at.
package struct SFTPPlace: Hashable, Sendable {
  package var host: String
  package var port = 22
  package var user: String
  package var path: String
  /// A private key without a passphrase, readable by us alone.
  package var keyFile: String
  /// Keys of hosts as OpenSSH keeps them. A host that is not in it is not spoken to.
  package var knownHostsFile: String
  /// OpenSSH's client.
  package var program = "/usr/bin/ssh"

  package init(host: String, user: String, path: String, keyFile: String, knownHostsFile: String) {
    self.host = host
    self.user = user
    self.path = path
    self.keyFile = keyFile
    self.knownHostsFile = knownHostsFile
  }

  var title: String {
    "sftp://\(host)\(port == 22 ? "" : ":\(port)")\(path.hasPrefix("/") ? "" : "/")\(path)"
  }
}

/// Reads a directory by the SFTP protocol itself, because listings of the `sftp` program round times to minutes.
///
/// One connection, made at the first question and closed when nobody asked for a while. Questions are answered one by
/// one on a queue of its own, where they may wait.
final class SFTPStore: ObjectStore {
  private struct State: ~Copyable {
    var directory: [UInt8]?
    /// How many pages of the open directory were told.
    var pages = 0
    var uses = 0
  }

  private static let pageEntries = 1000
  /// A server must answer this much at least.
  private static let readBytes: UInt32 = 32 << 10
  private static let idle = Duration.seconds(20)

  private let place: SFTPPlace
  private let time: any TimeSource
  private let queue = DispatchQueue(label: "farwatch.sftp")
  private let state = Mutex(State())
  private let session = SessionBox()

  init(_ place: SFTPPlace, time: any TimeSource) {
    self.place = place
    self.time = time
  }

  var title: String { place.title }
  var listsInOrder: Bool { false }
  /// There is no such thing here: who writes a file under its own name shows it half.
  var listsIncompleteUploads: Bool { false }

  func incompleteUploads(
    prefix: String, timeout: Duration,
    _ completion: @escaping @Sendable (Result<IncompleteUploads?, StoreFailure>) -> Void
  ) { queue.async { completion(.success(nil)) } }

  func list(
    _ query: PageQuery, timeout: Duration,
    _ completion: @escaping @Sendable (Result<ListingPage, StoreFailure>) -> Void
  ) {
    perform(timeout, completion) { [self] session, deadline throws(StoreFailure) in
      if query.limit == 1 { return try lookUp(query.prefix, session, deadline) }
      return try page(query, session, deadline)
    }
  }

  func read(
    _ entry: ObjectEntry, _ range: Range<UInt64>, timeout: Duration,
    _ completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    perform(timeout, completion) { [self] session, deadline throws(StoreFailure) in
      let path = path(of: entry.name)
      let handle = try session.open(path, until: deadline)
      let facts = try session.attributes(ofHandle: handle, path, until: deadline)
      guard Self.version(facts) == entry.version else {
        try session.close(handle, until: deadline)
        var failure = StoreFailure(.query, "\(title): \(entry.name) has changed")
        failure.hasChanged = true
        throw failure
      }
      var bytes: [UInt8] = []
      while bytes.count < range.count {
        let count = UInt32(clamping: min(UInt64(Self.readBytes), UInt64(range.count - bytes.count)))
        let more = try session.read(
          handle, path, from: range.lowerBound + UInt64(bytes.count), count: count, until: deadline)
        if more.isEmpty || more.count > Int(count) { break }
        bytes += more
      }
      try session.close(handle, until: deadline)
      return bytes
    }
  }

  // MARK: - On the queue

  /// A connection that failed is not used again.
  private func perform<Answer: Sendable>(
    _ timeout: Duration, _ completion: @escaping @Sendable (Result<Answer, StoreFailure>) -> Void,
    _ work: @escaping @Sendable (SFTPSession, MonotonicInstant) throws(StoreFailure) -> Answer
  ) {
    let deadline = time.monotonic + timeout
    queue.async { [self] in
      let use = state.withLock { state in
        state.uses += 1
        return state.uses
      }
      do throws(StoreFailure) {
        completion(.success(try work(try connected(deadline), deadline)))
      } catch {
        if !error.hasChanged && error.reason != .permission && error.reason != .missing { hangUp() }
        completion(.failure(error))
      }
      queue.asyncAfter(deadline: .now() + .milliseconds(Int(Self.idle.milliseconds))) { [weak self] in
        guard let self, state.withLock({ $0.uses == use }) else { return }
        hangUp()
      }
    }
  }

  private func connected(_ deadline: MonotonicInstant) throws(StoreFailure) -> SFTPSession {
    if let open = session.open { return open }
    let open = try SFTPSession(place, until: deadline)
    session.open = open
    return open
  }

  private func hangUp() {
    session.open?.end()
    session.open = nil
    state.withLock { $0.directory = nil }
  }

  private func page(
    _ query: PageQuery, _ session: SFTPSession, _ deadline: MonotonicInstant
  ) throws(StoreFailure) -> ListingPage {
    var handle: [UInt8]
    let known = state.withLock { ($0.directory, $0.pages) }
    if let token = query.continuation {
      guard let open = known.0, token == "\(known.1)" else {
        throw StoreFailure(.reset, "\(title): the connection was lost in the middle of a listing")
      }
      handle = open
    } else {
      if let left = known.0 { try session.close(left, until: deadline) }
      state.withLock { $0.directory = nil }
      handle = try session.openDirectory(place.path, until: deadline)
    }
    var page = ListingPage(entries: [], next: nil)
    while page.entries.count < Self.pageEntries {
      guard let found = try session.readDirectory(handle, until: deadline) else {
        state.withLock { $0.directory = nil }
        try session.close(handle, until: deadline)
        return page
      }
      for (bytes, attributes) in found {
        let name = String(decoding: bytes, as: UTF8.self)
        guard name != ".", name != "..", name.utf8.starts(with: query.prefix.utf8) else { continue }
        page.entries.append(Self.entry(name, attributes))
      }
    }
    let number = query.continuation == nil ? 1 : known.1 + 1
    state.withLock { state in
      state.directory = handle
      state.pages = number
    }
    page.next = "\(number)"
    return page
  }

  private func lookUp(
    _ name: String, _ session: SFTPSession, _ deadline: MonotonicInstant
  ) throws(StoreFailure) -> ListingPage {
    do throws(StoreFailure) {
      let found = try session.attributes(of: path(of: name), until: deadline)
      return ListingPage(entries: [Self.entry(name, found)], next: nil)
    } catch {
      if error.reason == .missing { return ListingPage(entries: [], next: nil) }
      throw error
    }
  }

  private func path(of name: String) -> String {
    name.hasPrefix("/")
      ? name : "\(place.path.hasSuffix("/") ? String(place.path.dropLast()) : place.path)/\(name)"
  }

  private static func entry(_ name: String, _ facts: SFTPMessage.Attributes) -> ObjectEntry {
    var entry = ObjectEntry(
      name: name, size: facts.size ?? 0,
      modified: facts.modified.map { Timestamp(milliseconds: Int64($0) * 1000) }, version: version(facts))
    // Also links and devices: only files are backups.
    entry.isFolder = !facts.isRegular
    return entry
  }

  private static func version(_ facts: SFTPMessage.Attributes) -> String {
    "\(facts.size ?? 0)-\(facts.modified ?? 0)"
  }
}

/// The store's connection.
///
/// `@unchecked Sendable`: it is read and written only in blocks of the store's serial queue.
private final class SessionBox: @unchecked Sendable {
  var open: SFTPSession?

  deinit { open?.end() }
}
