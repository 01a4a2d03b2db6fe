internal import Crypto
internal import FoundationEssentials
package import Model

/// The link in a page by which whoever reads it takes the alerts on, from any telephone and without an account.
///
/// What proves the right to do so is a token that only Farwatch can make: HMAC-SHA-256 over the thread of the page and the
/// moment up to which its alerts had begun. The link of an old page is good for nothing once those alerts are over: what
/// began later is another episode. Who has the page has the link; it can acknowledge and nothing else.
package struct AcknowledgeLink: Sendable {
  /// What a link is about.
  package struct Subject: Hashable, Sendable {
    /// ``Notification/thread``.
    package let thread: String
    /// Alerts of the thread that began later are not meant.
    package let until: Timestamp

    private static let clockSkew: Duration = .seconds(600)

    package init(thread: String, until: Timestamp) {
      self.thread = thread
      self.until = until
    }

    /// The alerts that `notification` tells of. Their clocks may run ahead of ours, by ``clockSkew`` at most: what says
    /// that it begins later is not meant, or the link would hold for all that comes until then.
    package init(_ notification: Notification) {
      let begun = notification.alerts.map(\.startsAt).max() ?? notification.decidedAt
      let decided = notification.decidedAt
      self.init(thread: notification.thread, until: min(max(decided, begun), decided + Self.clockSkew))
    }
  }

  /// The bytes of a key; shorter ones are refused.
  package static let keyBytes = 32
  package static let path = "/ack"
  /// Longer query items are not looked at.
  private static let longestItem = 4096

  private let key: SymmetricKey

  /// - Parameter key: ``keyBytes`` secret random bytes, the same for the life of the state directory; nil when there are
  ///   fewer.
  package init?(key: [UInt8]) {
    guard key.count >= Self.keyBytes else { return nil }
    self.key = SymmetricKey(data: key)
  }

  package static func newKey() -> [UInt8] {
    SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
  }

  /// The link for a page, below `externalURL` (with or without a slash at its end).
  package func url(for subject: Subject, externalURL: String) -> String {
    let base = externalURL.hasSuffix("/") ? String(externalURL.dropLast()) : externalURL
    return base + Self.path + "?" + query(for: subject)
  }

  /// `thread=…&until=…&token=…`, percent-encoded.
  package func query(for subject: Subject) -> String {
    "thread=\(percentEncoded(subject.thread))&until=\(subject.until.milliseconds)&token=\(token(subject))"
  }

  /// What the items of a link are about; nil when the token does not fit them.
  package func verify(thread: String, until: String, token: String) -> Subject? {
    guard thread.utf8.count <= Self.longestItem, token.utf8.count <= Self.longestItem,
      let milliseconds = Int64(until)
    else { return nil }
    let subject = Subject(thread: thread, until: Timestamp(milliseconds: milliseconds))
    // Another way to write the same number (`+5`) must not make another link.
    guard until == String(milliseconds) else { return nil }
    return Self.areSame(Array(token.utf8), Array(self.token(subject).utf8)) ? subject : nil
  }

  /// 43 characters of base64url: all 256 bits.
  private func token(_ subject: Subject) -> String {
    var authentication = HMAC<SHA256>(key: key)
    // The name of the purpose keeps it apart from whatever else the key may once be used for.
    authentication.update(data: Array("farwatch-acknowledge\n\(subject.until.milliseconds)\n".utf8))
    authentication.update(data: Array(subject.thread.utf8))
    return Data(authentication.finalize()).base64EncodedString()
      .filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : String($0) }.joined()
  }

  /// Takes the same time wherever they differ, so that a token cannot be found byte by byte.
  private static func areSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for place in a.indices { difference |= a[place] ^ b[place] }
    return difference == 0
  }
}
