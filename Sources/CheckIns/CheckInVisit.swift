/// One job's address, as a visitor wrote it: `/ping/<id>` or `/ping/<ping key>/<slug>`, and what may follow.
package struct CheckInVisit: Hashable, Sendable {
  /// Who is meant. Ids and keys are secrets.
  package enum Address: Hashable, Sendable {
    case id(String)
    case slug(key: String, slug: String)
  }

  package static let path = "/ping/"
  /// Bytes of a visitor's body that are read.
  package static let bodyLimit = 100_000

  package var address: Address
  package var signal: CheckInSignal
  /// The run that is spoken of, 32 small hexadecimal digits; nil: the visitor did not say.
  package var run: String?

  /// - Parameters:
  ///   - path: without the query, decoded.
  ///   - run: as ``run(_:)`` reads it.
  package init?(path: String, run: String? = nil) {
    guard path.hasPrefix(Self.path) else { return nil }
    let rest = path.dropFirst(Self.path.count)
    var parts = rest.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, !first.isEmpty, first.utf8.count <= 200 else { return nil }
    parts.removeFirst()
    if parts.count <= 1, let signal = CheckInSignal(path: parts.first ?? "") {
      (address, self.signal) = (.id(first), signal)
    } else {
      guard (1...2).contains(parts.count), CheckInSlug.complaint(about: parts[0]) == nil,
        let signal = CheckInSignal(path: parts.count == 2 ? parts[1] : "")
      else { return nil }
      (address, self.signal) = (.slug(key: first, slug: parts[0]), signal)
    }
    self.run = run
  }

  /// What `rid=` says, a UUID with or without its dashes; nil: it is none.
  package static func run(_ text: String) -> String? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
    guard parts == [32] || parts == [8, 4, 4, 4, 12] else { return nil }
    let digits = text.filter { $0 != "-" }.lowercased()
    return digits.utf8.count == 32 && digits.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
      ? digits : nil
  }
}

/// A job's name under a key that several jobs share: `/ping/<ping key>/<slug>`.
package struct CheckInSlug: Hashable, Sendable, CustomStringConvertible {
  /// A secret.
  package var key: String
  package var slug: String

  package init(key: String, slug: String) {
    self.key = key
    self.slug = slug
  }

  /// Never tells the key.
  package var description: String { "\(slug) under a ping key" }

  /// What is wrong with `slug`; nil: nothing. What may stand behind an id is no slug.
  package static func complaint(about slug: String) -> String? {
    let isPlain =
      (1...100).contains(slug.utf8.count)
      && slug.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x5f
      }
    guard isPlain else { return "must be 1 to 100 of a-z, 0-9, - and _, because it is part of an address" }
    let isSignal =
      ["start", "fail", "log"].contains(slug) || slug.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isSignal ? "must not be start, fail, log or a number, which are signals" : nil
  }

  /// Whether a visitor's key is this one, in a time that does not depend on how much of it is right.
  func hasKey(_ offered: String) -> Bool {
    let (mine, theirs) = (Array(key.utf8), Array(offered.utf8))
    var difference = mine.count ^ theirs.count
    for (place, byte) in theirs.enumerated() {
      difference |= Int(byte ^ (mine.isEmpty ? 0xff : mine[place % mine.count]))
    }
    return difference == 0 && !mine.isEmpty
  }
}
