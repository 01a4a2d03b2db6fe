/// How the bytes of an answer are compressed.
package enum ContentCoding: String, Hashable, Sendable, CaseIterable {
  case identity, gzip
  case zstandard = "zstd"

  /// What to answer to an `Accept-Encoding` field; nil: there is none. The heaviest that is named; of one weight zstd,
  /// then gzip; a bare `*` is taken for gzip, which everyone reads. Whoever refuses everything gets the bare bytes.
  package static func negotiate(accepted: String?) -> ContentCoding {
    let clauses = AcceptedMedia.all(accepted ?? "")
    func weight(_ names: String...) -> Double? {
      names.lazy.compactMap { name in clauses.first { $0.name == name }?.weight }.first
    }
    // Said nothing of, the bare bytes are as good as whatever weighs least.
    var best = (coding: identity, weight: weight("identity") ?? 0)
    for (coding, offered) in [(gzip, weight("gzip", "x-gzip", "*")), (zstandard, weight("zstd"))] {
      if let offered, offered > 0, offered >= best.weight { best = (coding, offered) }
    }
    return best.coding
  }
}
