internal import Model
internal import RowCoding
internal import RegularExpressions

/// What the table of silences remembers of one silence, under its id.
struct SilenceRow: Codable {
  static let currentVersion = 1

  struct Matcher: Codable {
    var name: String
    /// `=`, `!=`, `=~` or `!~`.
    var op: String
    var value: String
  }

  var version = currentVersion
  var matchers: [Matcher]
  var startsAt: Timestamp
  var endsAt: Timestamp
  var updatedAt: Timestamp
  var createdBy: String
  var comment: String
  var annotations: [String: String]

  init(_ silence: Silence) {
    matchers = silence.matchers.map { Matcher(name: $0.name, op: $0.kind.rawValue, value: $0.text) }
    startsAt = silence.startsAt
    endsAt = silence.endsAt
    updatedAt = silence.updatedAt
    createdBy = silence.createdBy
    comment = silence.comment
    annotations = silence.annotations
  }

  /// nil when it cannot be encoded.
  var bytes: [UInt8]? { try? RowCoding.encode(self) }

  /// The silence that a row holds; what is wrong with it as a text.
  static func read(_ bytes: [UInt8], id: String) -> Result<Silence, SilenceProblem> {
    guard let row = try? RowCoding.decode(SilenceRow.self, bytes) else {
      return .failure(.invalid("is no silence"))
    }
    guard row.version == currentVersion else {
      return .failure(.invalid("is of version \(row.version), which is not known here"))
    }
    var matchers: [LabelMatcher] = []
    for matcher in row.matchers {
      guard let kind = LabelMatcher.Kind(rawValue: matcher.op) else {
        return .failure(.invalid("has a matcher of the unknown kind \(quoted(matcher.op))"))
      }
      do throws(MatcherProblem) {
        let written = WrittenMatcher(name: matcher.name, kind: kind, value: matcher.value, valueOffset: 0)
        matchers.append(try written.compiled())
      } catch {
        return .failure(.invalid(error.message))
      }
    }
    // Without a condition it would silence everything.
    if matchers.isEmpty { return .failure(.invalid("has no matchers")) }
    return .success(
      Silence(
        id: id, matchers: matchers, startsAt: row.startsAt, endsAt: row.endsAt, updatedAt: row.updatedAt,
        createdBy: row.createdBy, comment: row.comment, annotations: row.annotations))
  }
}
