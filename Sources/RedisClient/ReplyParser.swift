internal import Model

/// Takes a server's bytes and gives its answers: RESP version 2, as every server of the family speaks it to a client
/// that did not ask for another.
///
/// Invariants: `buffer[read...]` is what belongs to answers not yet given. Nothing grows past the limits: one answer
/// may have ``byteLimit`` bytes, ``elementLimit`` elements in all and ``depthLimit`` arrays within each other. What a
/// server announces is checked before anything is set aside for it.
struct ReplyParser {
  static let byteLimit = 1 << 20
  static let elementLimit = 10_000
  static let depthLimit = 8
  private static let lineLimit = 16_384

  private var buffer: [UInt8] = []
  private var read = 0

  /// The next whole answer; nil while more bytes are needed. An error ends the conversation.
  mutating func next() throws(RedisError) -> RedisValue? {
    var position = read
    var elements = 0
    guard let value = try value(at: &position, depth: 0, &elements) else {
      guard buffer.count - read <= Self.byteLimit else {
        throw RedisError(.bodyTooLarge, "an answer has more than \(Self.byteLimit) bytes")
      }
      return nil
    }
    read = position
    if read == buffer.count {
      buffer.removeAll(keepingCapacity: true)
      read = 0
    }
    return value
  }

  mutating func feed(_ bytes: ArraySlice<UInt8>) {
    if read > 65_536 {
      buffer.removeFirst(read)
      read = 0
    }
    buffer += bytes
  }

  var isEmpty: Bool { read == buffer.count }

  private func value(
    at position: inout Int, depth: Int, _ elements: inout Int
  ) throws(RedisError) -> RedisValue? {
    elements += 1
    guard elements <= Self.elementLimit, depth <= Self.depthLimit else {
      throw RedisError(.bodyTooLarge, "an answer has too many or too deeply nested elements")
    }
    guard position < buffer.count else { return nil }
    let type = buffer[position]
    // Whoever is no Redis says so with its first byte: the rest of its line is not waited for.
    guard Array("+-:$*".utf8).contains(type) else {
      throw RedisError(.protocolError, "the server does not speak Redis' protocol (TLS on one side only?)")
    }
    guard let line = try line(at: position + 1) else { return nil }
    var end = line.endIndex + 2
    switch type {
    case UInt8(ascii: "+"):
      position = end
      return .string(Array(line))
    case UInt8(ascii: "-"):
      position = end
      return .error(.said(String(decoding: line, as: UTF8.self)))
    case UInt8(ascii: ":"):
      position = end
      return .integer(try number(line))
    case UInt8(ascii: "$"):
      let length = try number(line)
      if length == -1 {
        position = end
        return .null
      }
      guard length >= 0 else { throw Self.malformed }
      guard length <= Int64(Self.byteLimit) else {
        throw RedisError(.bodyTooLarge, "an answer has \(length) bytes, at most \(Self.byteLimit) are read")
      }
      let stop = end + Int(length)
      guard buffer.count >= stop + 2 else { return nil }
      guard buffer[stop] == 13, buffer[stop + 1] == 10 else { throw Self.malformed }
      position = stop + 2
      return .string(Array(buffer[end..<stop]))
    default:
      let count = try number(line)
      if count == -1 {
        position = end
        return .null
      }
      guard count >= 0 else { throw Self.malformed }
      guard count <= Int64(Self.elementLimit) else {
        throw RedisError(
          .bodyTooLarge, "an answer has \(count) elements, at most \(Self.elementLimit) are read")
      }
      var members: [RedisValue] = []
      for _ in 0..<count {
        guard let member = try value(at: &end, depth: depth + 1, &elements) else { return nil }
        members.append(member)
      }
      position = end
      return .array(members)
    }
  }

  /// What stands between `start` and the next line end.
  private func line(at start: Int) throws(RedisError) -> ArraySlice<UInt8>? {
    guard start <= buffer.count else { return nil }
    guard let end = buffer[start...].firstIndex(of: 13) else {
      if buffer.count - start > Self.lineLimit { throw Self.malformed }
      return nil
    }
    guard end - start <= Self.lineLimit else { throw Self.malformed }
    guard end + 1 < buffer.count else { return nil }
    guard buffer[end + 1] == 10 else { throw Self.malformed }
    return buffer[start..<end]
  }

  private func number(_ line: ArraySlice<UInt8>) throws(RedisError) -> Int64 {
    guard let number = Int64(String(decoding: line, as: UTF8.self)) else { throw Self.malformed }
    return number
  }

  private static var malformed: RedisError {
    RedisError(.protocolError, "the server's answer is malformed")
  }
}
