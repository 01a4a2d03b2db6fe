package import Model

/// What a server answers to one command.
package enum RedisValue: Sendable, Equatable {
  /// A simple or a bulk string, bytes as they came.
  case string([UInt8])
  case integer(Int64)
  /// There is none: a missing key.
  case null
  case array([RedisValue])
  case error(RedisError)

  /// The text of a string; broken UTF-8 is mended.
  package var text: String? {
    if case .string(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }
}

/// The answers to one batch of commands.
package struct RedisReply: Sendable {
  /// Just before the commands left, and when the last answer was there.
  package let sentAt: Timestamp
  package let receivedAt: Timestamp
  /// As many as there were commands. An error of one leaves the others standing.
  package let results: [Result<RedisValue, RedisError>]

  package init(sentAt: Timestamp, receivedAt: Timestamp, results: [Result<RedisValue, RedisError>]) {
    self.sentAt = sentAt
    self.receivedAt = receivedAt
    self.results = results
  }
}
