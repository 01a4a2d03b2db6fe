/// Messages of the SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02), as far as reading needs them.
enum SFTPMessage {
  enum Kind: UInt8 {
    case initialise = 1
    case version = 2
    case open = 3
    case close = 4
    case read = 5
    case attributesOfHandle = 8
    case openDirectory = 11
    case readDirectory = 12
    case attributesOfPath = 17
    case status = 101
    case handle = 102
    case data = 103
    case names = 104
    case attributes = 105
  }

  /// What a server sends at most, with room: 256 KiB of data and its frame.
  static let longest = 300 << 10

  /// The code of a status message.
  enum Status {
    static let endOfFile: UInt32 = 1
    static let noSuchFile: UInt32 = 2
    static let permissionDenied: UInt32 = 3
  }

  struct Attributes: Equatable {
    var size: UInt64?
    var permissions: UInt32?
    /// Unix seconds.
    var modified: UInt32?

    var isRegular: Bool { permissions.map { $0 & 0o170000 == 0o100000 } ?? true }
  }

  struct Malformed: Error {}

  /// A message to send, without its length.
  struct Writer {
    private(set) var bytes: [UInt8]

    init(_ kind: Kind) { bytes = [kind.rawValue] }

    mutating func add(_ value: UInt32) {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func add(_ value: UInt64) {
      add(UInt32(truncatingIfNeeded: value >> 32))
      add(UInt32(truncatingIfNeeded: value))
    }

    mutating func add(_ text: [UInt8]) {
      add(UInt32(clamping: text.count))
      bytes += text
    }

    /// With its length in front.
    var framed: [UInt8] {
      var frame = Writer(.initialise)
      frame.bytes = []
      frame.add(UInt32(clamping: bytes.count))
      return frame.bytes + bytes
    }
  }

  /// A message that came, read from its beginning.
  struct Reader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() throws(Malformed) -> UInt8 {
      guard let byte = rest.popFirst() else { throw Malformed() }
      return byte
    }

    mutating func number() throws(Malformed) -> UInt32 {
      guard rest.count >= 4 else { throw Malformed() }
      defer { rest = rest.dropFirst(4) }
      return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func longNumber() throws(Malformed) -> UInt64 {
      let high = UInt64(try number())
      return high << 32 | UInt64(try number())
    }

    mutating func text() throws(Malformed) -> [UInt8] {
      let count = Int(try number())
      guard rest.count >= count else { throw Malformed() }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }

    mutating func attributes() throws(Malformed) -> Attributes {
      let flags = try number()
      var found = Attributes()
      if flags & 1 != 0 { found.size = try longNumber() }
      if flags & 2 != 0 { for _ in 0..<2 { _ = try number() } }
      if flags & 4 != 0 { found.permissions = try number() }
      if flags & 8 != 0 {
        _ = try number()
        found.modified = try number()
      }
      if flags & 0x8000_0000 != 0 {
        // Each takes eight bytes at least, so a false count ends at the message's end.
        for _ in 0..<(try number()) {
          _ = try text()
          _ = try text()
        }
      }
      return found
    }
  }
}
