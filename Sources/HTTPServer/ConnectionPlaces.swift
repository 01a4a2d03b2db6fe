internal import Synchronization

/// Who may connect: each client has a share of the places, and some are kept for those whom a crowd must not shut out.
///
/// libmicrohttpd asks on the thread that accepts, before the connection is counted: with several threads, a limit may
/// be passed by one less than there are.
final class ConnectionPlaces: Sendable {
  private struct State {
    /// The client's network, by connection.
    var connections: [UInt: String] = [:]
    /// How many each network has.
    var taken: [String: Int] = [:]
  }

  private let perClient: Int
  /// Places for everybody.
  private let open: Int
  private let isReserved: @Sendable (String) -> Bool
  private let counters: HTTPServerCounters
  private let state = Mutex(State())

  init(_ settings: HTTPServerSettings, _ counters: HTTPServerCounters) {
    perClient = settings.perIPConnectionLimit ?? .max
    // libmicrohttpd itself keeps to the whole: who comes then waits, and is not refused.
    open = settings.reservedConnections > 0 ? settings.connectionLimit - settings.reservedConnections : .max
    isReserved = settings.hasReservedPlace
    self.counters = counters
  }

  /// Whether one more connection from this address is taken; counts when it is not.
  func hasPlace(_ address: String) -> Bool {
    let network = networkOfClient(address)
    let (all, own) = state.withLock { ($0.connections.count, $0.taken[network] ?? 0) }
    if own < perClient, all < open || isReserved(address) { return true }
    counters.connectionRefused()
    return false
  }

  func opened(_ connection: OpaquePointer) {
    let network = networkOfClient(clientAddress(of: connection))
    state.withLock { state in
      state.connections[UInt(bitPattern: connection)] = network
      state.taken[network, default: 0] += 1
    }
  }

  func closed(_ connection: OpaquePointer) {
    state.withLock { state in
      guard let network = state.connections.removeValue(forKey: UInt(bitPattern: connection)) else { return }
      let left = (state.taken[network] ?? 1) - 1
      state.taken[network] = left > 0 ? left : nil
    }
  }
}
