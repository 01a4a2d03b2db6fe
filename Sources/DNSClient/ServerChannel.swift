internal import CCares
internal import Glibc
internal import Model

/// One c-ares channel: the sockets towards one server, spoken to in one way. Confined to the loop's thread.
final class ServerChannel {
  /// What c-ares fixes for a channel, and not for a query.
  struct Key: Hashable {
    var server: ResolverAddress
    var transport: DNSQuery.Transport
    var edns: Bool
    var timeoutMilliseconds: Int32
  }

  /// What became of a question, to be looked at when c-ares has returned.
  struct Landing {
    let query: Int
    let status: Int32
    let timeouts: Int
    let answer: [UInt8]
  }

  /// c-ares' memory of a question; it gives it back exactly once, with the answer or at the channel's end.
  private final class Flight {
    let channel: ServerChannel
    let query: Int
    let id: UInt16

    init(_ channel: ServerChannel, _ query: Int, _ id: UInt16) {
      (self.channel, self.query, self.id) = (channel, query, id)
    }
  }

  let key: Key
  /// Open sockets and the `poll` events that c-ares wants to know of.
  private(set) var sockets: [Int32: Int16] = [:]
  private var channel: ares_channel?
  private var idsUnderWay: Set<UInt16> = []
  private(set) var landings: [Landing] = []
  /// c-ares has changed how it speaks to this server, so the next question needs a channel of its own.
  var isWorn = false
  /// What c-ares cuts at when it believes that the server knows no EDNS.
  static let plainPayload = 512
  private static let payloadLimit: Int32 = 4096

  var isIdle: Bool { idsUnderWay.isEmpty && landings.isEmpty }

  /// - Throws: `limit` when there is no memory for it.
  init(_ key: Key) throws(DNSFailure) {
    self.key = key
    var options = ares_options()
    // Every code of an answer is of interest; whether a cut one is asked again over TCP is decided by the loop.
    options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES
    if key.transport == .tcp { options.flags |= ARES_FLAG_USEVC }
    // Without this, c-ares 1.18 cuts what comes over UDP at 512 bytes. With it, FORMERR makes it ask once more without
    // EDNS, and cut from then on: the loop takes a new channel after each answer without EDNS.
    if key.edns { options.flags |= ARES_FLAG_EDNS }
    options.ednspsz = Self.payloadLimit
    (options.timeout, options.tries) = Self.pace(key)
    options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
    options.sock_state_cb = { data, socket, readable, writable in
      guard let data else { return }
      Unmanaged<ServerChannel>.fromOpaque(data).takeUnretainedValue()
        .watch(socket, readable: readable != 0, writable: writable != 0)
    }
    let mask =
      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ
    guard ares_init_options(&channel, &options, mask) == ARES_SUCCESS, let channel,
      ares_set_servers_ports_csv(channel, key.server.description) == ARES_SUCCESS
    else {
      if let channel { ares_destroy(channel) }
      channel = nil
      throw DNSFailure(.limit, "no channel to \(key.server)")
    }
  }

  /// How long c-ares waits first, in milliseconds, and how often it sends: over UDP again after 1.5 s, or two fifths of
  /// a short time-out, each wait twice as long as the one before. All together it is a little longer than the time-out,
  /// so that the loop's own deadline is what ends it.
  private static func pace(_ key: Key) -> (timeout: Int32, tries: Int32) {
    let whole = Int64(key.timeoutMilliseconds) + 500
    guard key.transport == .udp else { return (Int32(clamping: whole), 1) }
    let first = max(1, min(1500, key.timeoutMilliseconds / 5 * 2))
    var (tries, covered, wait) = (Int32(0), Int64(0), Int64(first))
    while covered < whole, tries < 16 { (tries, covered, wait) = (tries + 1, covered + wait, wait * 2) }
    return (first, tries)
  }

  /// Gives back every question under way, as landings that nobody looks at.
  func close() {
    if let channel { ares_destroy(channel) }
    channel = nil
  }

  /// An id that none of the questions under way has; nil when there are too many.
  func freeID() -> UInt16? {
    for _ in 0..<64 {
      let id = UInt16.random(in: 0...UInt16.max)
      if !idsUnderWay.contains(id) { return id }
    }
    return nil
  }

  /// - Parameter id: as in `packet`, from ``freeID()``.
  func send(_ packet: [UInt8], id: UInt16, query: Int) {
    guard let channel else { return }
    idsUnderWay.insert(id)
    let flight = Unmanaged.passRetained(Flight(self, query, id))
    ares_send(
      channel, packet, Int32(clamping: packet.count),
      { context, status, timeouts, bytes, count in
        guard let context else { return }
        let flight = Unmanaged<Flight>.fromOpaque(context).takeRetainedValue()
        let answer = bytes.map { Array(UnsafeBufferPointer(start: $0, count: Int(max(0, count)))) } ?? []
        flight.channel.land(flight, status, Int(max(0, timeouts)), answer)
      }, flight.toOpaque())
  }

  func takeLandings() -> [Landing] {
    defer { landings = [] }
    return landings
  }

  /// Reads and writes what `socket` is ready for.
  func process(_ socket: Int32, readable: Bool, writable: Bool) {
    guard let channel else { return }
    ares_process_fd(channel, readable ? socket : ARES_SOCKET_BAD, writable ? socket : ARES_SOCKET_BAD)
  }

  /// Sends again, or gives up, what waits for too long.
  func processTime() {
    guard let channel, !idsUnderWay.isEmpty else { return }
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD)
  }

  /// How long until ``processTime()`` has something to do.
  var pause: Duration? {
    guard let channel, !idsUnderWay.isEmpty else { return nil }
    var time = timeval()
    guard ares_timeout(channel, nil, &time) != nil else { return nil }
    return .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
  }

  private func land(_ flight: Flight, _ status: Int32, _ timeouts: Int, _ answer: [UInt8]) {
    idsUnderWay.remove(flight.id)
    if timeouts > 0 { isWorn = true }
    landings.append(Landing(query: flight.query, status: status, timeouts: timeouts, answer: answer))
  }

  private func watch(_ socket: Int32, readable: Bool, writable: Bool) {
    let events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0)
    sockets[socket] = events == 0 ? nil : Int16(events)
  }

  /// The servers of the system's configuration.
  static func systemServers() -> [ResolverAddress] {
    var channel: ares_channel?
    guard ares_init(&channel) == ARES_SUCCESS, let channel else { return [] }
    defer { ares_destroy(channel) }
    var list: UnsafeMutablePointer<ares_addr_port_node>?
    guard ares_get_servers_ports(channel, &list) == ARES_SUCCESS else { return [] }
    defer { if let list { ares_free_data(list) } }
    var servers: [ResolverAddress] = []
    var item = list
    while let node = item {
      let bytes = withUnsafeBytes(of: node.pointee.addr) { Array($0) }
      let length = node.pointee.family == AF_INET ? 4 : 16
      let port = UInt16(clamping: node.pointee.udp_port)
      if let server = ResolverAddress(
        address: ResolverAddress.text(Array(bytes.prefix(length))), port: port == 0 ? 53 : port)
      {
        servers.append(server)
      }
      item = node.pointee.next
    }
    return servers
  }

  /// Made once for the process.
  static let isLibraryReady = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS

  /// What a status of c-ares means for a question to `server`.
  static func failure(
    _ status: Int32, _ server: ResolverAddress, _ transport: DNSQuery.Transport
  ) -> DNSFailure {
    switch status {
    case ARES_ETIMEOUT: return DNSFailure(.timeout, "\(server) did not answer")
    case ARES_ECONNREFUSED:
      // c-ares has one word for all of these.
      let hungUp = transport == .tcp ? ", it hung up" : ""
      return DNSFailure(
        .refused, "\(server) cannot be reached: nothing listens there\(hungUp), or there is no way to it")
    case ARES_ENOMEM: return DNSFailure(.limit, "no memory for a question to \(server)")
    default: return DNSFailure(.other, "asking \(server): \(String(cString: ares_strerror(status)))")
    }
  }
}
