internal import Model
internal import Paging
internal import RegularExpressions

/// Which alerts a request asks for.
struct AlertQuery {
  var matchers: [LabelMatcher] = []
  var receiver: RegularExpression?
  var active = true
  var silenced = true
  var inhibited = true
  var muted = true

  static func read(_ request: APIRequest) -> Result<AlertQuery, MatcherFault> {
    var query = AlertQuery()
    switch matchers(request) {
    case .success(let matchers): query.matchers = matchers
    case .failure(let fault): return .failure(fault)
    }
    if let pattern = request.values("receiver").last, !pattern.isEmpty {
      do throws(RegularExpressionError) {
        query.receiver = try RegularExpression(pattern, anchoring: .whole)
      } catch {
        return .failure(MatcherFault(message: "failed to parse receiver param: \(error)"))
      }
    }
    query.active = request.isOn("active", byDefault: true)
    query.silenced = request.isOn("silenced", byDefault: true)
    query.inhibited = request.isOn("inhibited", byDefault: true)
    query.muted = request.isOn("muted", byDefault: true)
    return .success(query)
  }

  /// The `filter` items of a request. An alert must satisfy all of them.
  static func matchers(_ request: APIRequest) -> Result<[LabelMatcher], MatcherFault> {
    let texts = request.values("filter")
    let most = 128
    guard texts.count <= most else { return .failure(MatcherFault(message: "more than \(most) filters")) }
    var matchers: [LabelMatcher] = []
    for text in texts {
      switch FilterText.matcher(text) {
      case .success(let matcher): matchers.append(matcher)
      case .failure(let fault): return .failure(fault)
      }
    }
    return .success(matchers)
  }

  /// Alerts that are over are never listed.
  func takes(_ alert: PagedAlert, at now: Timestamp) -> Bool {
    if alert.status == .resolved { return false }
    if let end = alert.endsAt, end < now { return false }
    if !active, !alert.isSuppressed { return false }
    if !silenced, !alert.silencedBy.isEmpty { return false }
    if !inhibited, !alert.inhibitedBy.isEmpty { return false }
    if !muted, !alert.mutedBy.isEmpty { return false }
    return matchers.allSatisfy { $0.matches(alert.labels) }
  }

  func takes(receivers: [String]) -> Bool {
    guard let receiver else { return true }
    return receivers.contains { receiver.matches($0) }
  }
}

extension PagedAlert {
  var isSuppressed: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty || !mutedBy.isEmpty }
}
