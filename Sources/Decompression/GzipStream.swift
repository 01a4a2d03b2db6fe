/// A gzip file (RFC 1952) that comes in pieces, verified as ``GzipFile`` verifies one that is read.
///
/// Confined to one thread at a time.
package final class GzipStream {
  private var inflater: MemberInflater
  private var verdict: GzipFile.Verdict?

  /// nil when zlib finds no memory.
  package init?(limits: GzipFile.Limits = .init()) {
    guard let inflater = MemberInflater(limits: limits) else { return nil }
    self.inflater = inflater
  }

  deinit { inflater.end() }

  /// Whether more is wanted; once false, ``finish()`` tells why.
  package func feed(_ piece: [UInt8]) -> Bool {
    guard verdict == nil else { return false }
    var piece = piece
    verdict = inflater.feed(&piece, piece.count)
    return verdict == nil
  }

  /// What all pieces together are.
  package func finish() -> GzipFile.Report { inflater.finish(verdict ?? inflater.verdictAtEnd) }
}
