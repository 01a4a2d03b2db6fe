package import Model
package import RedisClient

/// What one server said in one pass. A field that it did not answer, or not credibly, is nil.
package struct RedisObservation: Sendable {
  /// A replica as its master lists it.
  package struct Replica: Sendable, Equatable {
    /// Address and port.
    package var name: String
    /// `online`, `wait_bgsave`, `send_bulk` …
    package var state: String
    package var offset: Int64?
    /// Since the last acknowledgement, by the master's clock; says nothing unless ``state`` is online.
    package var silence: Duration?

    package init(name: String, state: String, offset: Int64? = nil, silence: Duration? = nil) {
      self.name = name
      self.state = state
      self.offset = offset
      self.silence = silence
    }
  }

  /// A replica's link to its master, as it sees it.
  package struct Link: Sendable, Equatable {
    package var isUp: Bool
    package var isSyncing: Bool
    package var neverConnected: Bool
    package var silence: Duration?

    package init(isUp: Bool, isSyncing: Bool = false, neverConnected: Bool = false, silence: Duration? = nil)
    {
      self.isUp = isUp
      self.isSyncing = isSyncing
      self.neverConnected = neverConnected
      self.silence = silence
    }
  }

  /// Before the question left and when the answer came, by Farwatch's clock.
  package var askedAt: Timestamp
  package var answeredAt: Timestamp
  package var isMaster: Bool
  /// Names the server's process: anew with every start.
  package var runID: String?
  /// Names the replication history; a replica has its master's once it was synchronized.
  package var history: String?
  /// The history before this one, which is the same up to ``forkOffset``, that not included.
  package var historyBefore: String?
  package var forkOffset: Int64?
  /// Written on a master, applied on a replica.
  package var offset: Int64?
  package var backlog: Int64?
  package var isLoading = false
  package var replicas: [Replica] = []
  /// nil on a master.
  package var link: Link?
  /// The time that the heartbeat key holds.
  package var heartbeat: Timestamp?
  /// What could not be read although the server answered.
  package var problem: RedisError?

  package init(askedAt: Timestamp, answeredAt: Timestamp, isMaster: Bool) {
    self.askedAt = askedAt
    self.answeredAt = answeredAt
    self.isMaster = isMaster
  }
}

/// The questions, the same for masters and replicas, and how the answers are read.
///
/// A least-privileged user: `ACL SETUSER farwatch on >… -@all +info`, with a heartbeat key also
/// `%R~farwatch:heartbeat +get` (`~farwatch:heartbeat` before Redis 7). CONFIG is never asked for: managed servers
/// do not have it.
package enum RedisQueries {
  package static let replicaLimit = 64

  /// Several sections in one INFO are new in Redis 7: each is asked for by itself.
  package static func all(heartbeatKey: String?) -> [[String]] {
    [["INFO", "replication"], ["INFO", "persistence"], ["INFO", "server"]]
      + (heartbeatKey.map { [["GET", $0]] } ?? [])
  }

  package static func read(_ reply: RedisReply) throws(RedisError) -> RedisObservation {
    guard reply.results.count >= 2 else { throw RedisError(.protocolError, "answers are missing") }
    guard let text = try reply.results[0].get().text else {
      throw RedisError(.protocolError, "INFO did not answer with text")
    }
    let info = RedisInfo(text)
    guard let role = info["role"] else {
      throw RedisError(.configuration, "the server has no role: is it a Sentinel or a proxy?")
    }
    guard role == "master" || role == "slave" || role == "replica" else {
      throw RedisError(.status, "its role is \(role.prefix(40)), which is neither master nor replica")
    }
    var seen = RedisObservation(
      askedAt: reply.sentAt, answeredAt: reply.receivedAt, isMaster: role == "master")
    seen.history = identifier(info["master_replid"])
    seen.historyBefore = identifier(info["master_replid2"])
    seen.forkOffset = info.count("second_repl_offset")
    seen.offset = info.count(seen.isMaster ? "master_repl_offset" : "slave_repl_offset")
    seen.backlog = info.count("repl_backlog_size")
    seen.replicas = replicas(info)
    if !seen.isMaster {
      seen.link = .init(
        isUp: info["master_link_status"] == "up", isSyncing: info["master_sync_in_progress"] == "1",
        neverConnected: info["master_link_down_since_seconds"] == "-1",
        silence: info.seconds("master_last_io_seconds_ago"))
    }
    if seen.history == nil {
      seen.problem = RedisError(
        .configuration, "the server is older than Redis 4: it does not name its history")
    }
    switch reply.results[1] {
    case .success(let value): seen.isLoading = value.text.map { RedisInfo($0)["loading"] == "1" } ?? false
    case .failure(let error): seen.problem = seen.problem ?? error
    }
    // A managed server may keep this to itself.
    if reply.results.count > 2, case .success(let value) = reply.results[2] {
      seen.runID = identifier(value.text.flatMap { RedisInfo($0)["run_id"] })
    }
    if reply.results.count > 3 { readHeartbeat(reply.results[3], into: &seen) }
    return seen
  }

  private static func readHeartbeat(
    _ answer: Result<RedisValue, RedisError>, into seen: inout RedisObservation
  ) {
    switch answer {
    case .success(.null): break
    case .success(let value):
      let tolerance = Duration.seconds(5)
      guard let written = value.text.flatMap({ Int64($0) }), written > 946_684_800_000 else {
        seen.problem =
          seen.problem ?? RedisError(.body, "the heartbeat key does not hold milliseconds since 1970")
        return
      }
      let time = Timestamp(milliseconds: written)
      guard time <= seen.answeredAt + tolerance else {
        seen.problem =
          seen.problem ?? RedisError(.body, "the heartbeat is from the future: compare the clocks")
        return
      }
      seen.heartbeat = min(time, seen.askedAt)
    case .failure(let error):
      // Said once: a server that loads refuses GET and answers INFO.
      if error.code != "LOADING" { seen.problem = seen.problem ?? error }
    }
  }

  private static func replicas(_ info: RedisInfo) -> [RedisObservation.Replica] {
    var found: [RedisObservation.Replica] = []
    for index in 0..<replicaLimit {
      guard let line = info["slave\(index)"] else { break }
      var fields: [Substring: Substring] = [:]
      for pair in line.split(separator: ",") {
        let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2 { fields[halves[0]] = halves[1] }
      }
      guard let address = fields["ip"], let port = fields["port"], let state = fields["state"],
        address.utf8.count <= 255, port.utf8.count <= 5
      else { continue }
      let isOnline = state == "online"
      found.append(
        .init(
          name: address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)", state: String(state),
          // Before a replica is online both are 0 and mean nothing.
          offset: isOnline ? fields["offset"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil } : nil,
          silence: isOnline ? fields["lag"].flatMap { RedisInfo.seconds(String($0)) } : nil))
    }
    return found
  }

  /// 40 hexadecimal digits; all zero means none.
  private static func identifier(_ text: String?) -> String? {
    guard let text, text.utf8.count == 40, text.utf8.contains(where: { $0 != UInt8(ascii: "0") }),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return text
  }
}

/// The lines of an INFO answer.
package struct RedisInfo: Sendable {
  private var fields: [Substring: Substring] = [:]
  private static let fieldLimit = 2000

  package init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline).prefix(Self.fieldLimit) where !line.hasPrefix("#") {
      let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 { fields[halves[0]] = halves[1] }
    }
  }

  package subscript(_ name: String) -> String? { fields[name[...]].map(String.init) }

  /// A number that is not negative: −1 is how Redis says that there is none.
  package func count(_ name: String) -> Int64? {
    self[name].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  package func seconds(_ name: String) -> Duration? { self[name].flatMap(Self.seconds) }

  /// Less than a hundred years.
  static func seconds(_ text: String) -> Duration? {
    Int64(text).flatMap { (0..<3_153_600_000).contains($0) ? .seconds($0) : nil }
  }
}
