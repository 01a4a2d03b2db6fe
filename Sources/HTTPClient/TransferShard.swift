internal import CCurl
internal import Model

/// One of the client's multi handles, with the connections of a part of all hosts.
///
/// libcurl 7.88 looks at every connection that a multi handle keeps whenever a request ends. With a thousand of them
/// that is most of a request's cost, so each handle keeps a few. A host always meets the same handle, so that
/// its connections and its address are found again. Confined to the client's thread.
final class TransferShard {
  let multi: UnsafeMutableRawPointer
  /// When libcurl wants to be called although nothing happened.
  private(set) var deadline: MonotonicInstant?
  /// libcurl did something since ``takeActed()``: requests may have ended.
  private var hasActed = false
  private let place: Int
  private let sockets: SocketTable
  private let time: SystemTime

  /// Handles that a client with many connections spreads them over.
  private static let most = 16
  /// Over so many goes `https`: each handle holds the parsed certificates of all authorities, some megabytes.
  private static let mostSecure = 4
  /// With fewer connections there is nothing to gain.
  private static let worthSpreading = 256

  /// How many shards a client has that keeps so many connections.
  static func count(keeping connections: Int) -> Int { connections < worthSpreading ? 1 : most }

  /// Which of `count` shards serves `url`: FNV-1a of its host.
  static func place(of url: HTTPURL, in count: Int) -> Int {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in url.host.utf8 {
      hash ^= UInt64(byte)
      hash = hash &* 1_099_511_628_211
    }
    return Int((hash >> 32) % UInt64(url.scheme == "https" ? min(count, mostSecure) : count))
  }

  /// nil when the system refuses a descriptor or memory.
  init?(_ place: Int, _ sockets: SocketTable, _ time: SystemTime, connections: Int) {
    guard let multi = curl_multi_init() else { return nil }
    self.multi = multi
    self.place = place
    self.sockets = sockets
    self.time = time
    let me = Unmanaged.passUnretained(self).toOpaque()
    fw_multi_set_socket_callback(multi) { _, socket, what, context, _ in
      guard let context else { return -1 }
      let shard = Unmanaged<TransferShard>.fromOpaque(context).takeUnretainedValue()
      shard.sockets.watch(socket, what, for: shard.place)
      return 0
    }
    fw_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
    fw_multi_set_timer_callback(multi) { _, milliseconds, context in
      guard let context else { return -1 }
      Unmanaged<TransferShard>.fromOpaque(context).takeUnretainedValue().setDeadline(milliseconds)
      return 0
    }
    fw_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
    // libcurl's own default follows the number of requests in progress and would close idle connections.
    fw_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
  }

  /// Tells libcurl of events on one of its sockets.
  func act(_ socket: CInt, _ events: CInt) {
    hasActed = true
    var running: CInt = 0
    curl_multi_socket_action(multi, socket, events, &running)
  }

  /// Serves the timer if its time has come. One that is set again meanwhile is served in the next round.
  func actIfDue(_ now: MonotonicInstant) {
    guard let due = deadline, due <= now else { return }
    deadline = nil
    act(CURL_SOCKET_BAD, 0)
  }

  /// Whether libcurl did anything since the last call; without that no request has ended.
  func takeActed() -> Bool {
    defer { hasActed = false }
    return hasActed
  }

  /// Closes the connections; nothing may be under way.
  func close() { curl_multi_cleanup(multi) }

  private func setDeadline(_ milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : time.monotonic + .milliseconds(milliseconds)
  }
}
