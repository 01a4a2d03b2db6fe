/// ICMP echo requests and what comes back for them (RFC 792, RFC 4443): bytes only, no sockets.
///
/// An answer is known by eight random bytes at the start of its payload, not by ICMP's id: the kernel chooses that for
/// unprivileged sockets, and other programs' answers come to raw ones.
enum EchoPacket {
  enum Meaning: Equatable {
    case reply
    /// An error that some router or host sent about the packet.
    case unreachable(type: UInt8, code: UInt8)
  }

  static let headerLength = 8
  static let cookieLength = 8

  static func request(cookie: UInt64, id: UInt16, sequence: UInt16, payload: Int, isIPv6: Bool) -> [UInt8] {
    var bytes: [UInt8] = [isIPv6 ? 128 : 8, 0, 0, 0]
    bytes += [UInt8(id >> 8), UInt8(id & 0xff), UInt8(sequence >> 8), UInt8(sequence & 0xff)]
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: cookie >> shift))
    }
    for index in 0..<max(0, payload - cookieLength) { bytes.append(UInt8(truncatingIfNeeded: index)) }
    // For IPv6 the kernel does it, which knows the addresses that are part of the sum.
    guard !isIPv6 else { return bytes }
    let sum = checksum(bytes)
    bytes[2] = UInt8(sum >> 8)
    bytes[3] = UInt8(sum & 0xff)
    return bytes
  }

  /// The Internet's checksum (RFC 1071).
  static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum &+= UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
      sum = (sum & 0xffff) &+ sum >> 16
    }
    return ~UInt16(truncatingIfNeeded: sum)
  }

  /// nil when the bytes are nothing that answers a request. They begin with the ICMP header.
  static func read(_ bytes: ArraySlice<UInt8>, isIPv6: Bool) -> (cookie: UInt64, meaning: Meaning)? {
    let bytes = Array(bytes)
    guard bytes.count >= headerLength else { return nil }
    let (type, code) = (bytes[0], bytes[1])
    if type == (isIPv6 ? 129 : 0), code == 0 {
      return cookie(bytes, at: headerLength).map { ($0, .reply) }
    }
    // Unreachable, time exceeded; for IPv6 also packet too big. The packet that it is about follows.
    guard isIPv6 ? (1...3).contains(type) : type == 3 || type == 11 else { return nil }
    let inner = headerLength
    guard bytes.count > inner else { return nil }
    let ipHeader = isIPv6 ? 40 : Int(bytes[inner] & 0x0f) * 4
    guard ipHeader >= 20, bytes.count > inner + ipHeader, bytes[inner + ipHeader] == (isIPv6 ? 128 : 8) else {
      return nil
    }
    return cookie(bytes, at: inner + ipHeader + headerLength).map {
      ($0, .unreachable(type: type, code: code))
    }
  }

  /// The cookie of an echo request, whose bytes begin with the ICMP header.
  static func cookie(ofRequest bytes: ArraySlice<UInt8>) -> UInt64? { cookie(Array(bytes), at: headerLength) }

  private static func cookie(_ bytes: [UInt8], at place: Int) -> UInt64? {
    guard bytes.count >= place + cookieLength else { return nil }
    return bytes[place..<place + cookieLength].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Without the IPv4 header that raw sockets put in front, and its time to live; nil when it is none.
  static func strippingIPv4(_ bytes: ArraySlice<UInt8>) -> (packet: ArraySlice<UInt8>, timeToLive: Int)? {
    let bytes = bytes[bytes.startIndex...]
    guard bytes.count >= 20, bytes[bytes.startIndex] >> 4 == 4 else { return nil }
    let length = Int(bytes[bytes.startIndex] & 0x0f) * 4
    guard length >= 20, bytes.count >= length else { return nil }
    return (bytes.dropFirst(length), Int(bytes[bytes.startIndex + 8]))
  }
}
