internal import Model

/// A part of the replay, in time since its start.
struct ReplayWindow: Sendable, Equatable {
  var from: Duration
  /// The first moment behind it; nil: it lasts to the end.
  var until: Duration?

  func contains(_ elapsed: Duration) -> Bool { elapsed >= from && until.map { elapsed < $0 } ?? true }

  /// `TEXT@5m..15m` or `TEXT@5m`, which lasts to the end. A text without a window is given `standard`.
  static func split(
    _ text: String, option: String, standard: ReplayWindow
  ) throws(ReplayFailure) -> (text: String, window: ReplayWindow) {
    guard let mark = text.lastIndex(of: "@"), !text[mark...].contains("\"") else { return (text, standard) }
    let written = String(text[text.index(after: mark)...])
    guard let window = ReplayWindow(written) else {
      throw ReplayFailure(
        "\(option): expected a part of the replay such as 5m..15m behind @, found \(quoted(written))")
    }
    return (String(text[..<mark]), window)
  }

  init(from: Duration, until: Duration?) {
    self.from = from
    self.until = until
  }

  private init?(_ text: String) {
    guard let dots = text.firstRange(of: "..") else {
      guard let from = DurationText.parse(text) else { return nil }
      self.init(from: from, until: nil)
      return
    }
    guard let from = DurationText.parse(String(text[..<dots.lowerBound])) else { return nil }
    let rest = String(text[dots.upperBound...])
    guard !rest.isEmpty else {
      self.init(from: from, until: nil)
      return
    }
    guard let until = DurationText.parse(rest), until > from else { return nil }
    self.init(from: from, until: until)
  }
}
