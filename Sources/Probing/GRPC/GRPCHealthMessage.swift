/// The two messages of grpc.health.v1.Health/Check, in gRPC's frame: a byte of flags and a length of four bytes first.
enum GRPCHealthMessage {
  enum Serving: Int, CaseIterable {
    case unknown = 0
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3

    /// As the protocol names them, and blackbox_exporter.
    var name: String {
      switch self {
      case .unknown: "UNKNOWN"
      case .serving: "SERVING"
      case .notServing: "NOT_SERVING"
      case .serviceUnknown: "SERVICE_UNKNOWN"
      }
    }
  }

  /// `HealthCheckRequest { string service = 1; }`. At most 255 bytes of a name are asked for.
  static func request(service: String) -> [UInt8] {
    let name = Array(service.utf8.prefix(255))
    var message: [UInt8] = []
    if !name.isEmpty { message = [0x0a] + varint(UInt64(name.count)) + name }
    return [0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
  }

  /// The status in `HealthCheckResponse { ServingStatus status = 1; }`; nil when the body is no such thing, or holds a
  /// status that the protocol does not know.
  static func response(_ body: [UInt8]) -> Serving? {
    // Not compressed, because no compression was offered.
    guard body.count >= 5, body[0] == 0 else { return nil }
    let length = body[1...4].reduce(0) { $0 << 8 | Int($1) }
    guard body.count == 5 + length else { return nil }
    var rest = body[5...]
    // A field that is absent has its default.
    var status: UInt64 = 0
    while !rest.isEmpty {
      guard let key = takeVarint(&rest) else { return nil }
      switch key & 7 {
      case 0:
        guard let value = takeVarint(&rest) else { return nil }
        if key >> 3 == 1 { status = value }
      case 1:
        guard rest.count >= 8 else { return nil }
        rest = rest.dropFirst(8)
      case 2:
        guard let length = takeVarint(&rest), length <= UInt64(rest.count) else { return nil }
        rest = rest.dropFirst(Int(length))
      case 5:
        guard rest.count >= 4 else { return nil }
        rest = rest.dropFirst(4)
      default: return nil
      }
    }
    return Int(exactly: status).flatMap { Serving(rawValue: $0) }
  }

  private static func varint(_ number: UInt64) -> [UInt8] {
    var number = number
    var bytes: [UInt8] = []
    while number >= 0x80 {
      bytes.append(UInt8(number & 0x7f) | 0x80)
      number >>= 7
    }
    return bytes + [UInt8(number)]
  }

  private static func takeVarint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return number }
    }
    return nil
  }
}
