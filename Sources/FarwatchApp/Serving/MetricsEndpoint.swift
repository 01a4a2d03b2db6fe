internal import CollectorConfiguration
internal import Exposition
internal import HTTPServer
internal import Model

/// `/metrics`: the page in the format, the coding and of the families that the request asks for. GET and HEAD only.
struct MetricsEndpoint: Sendable {
  let daemon: any DaemonFace
  /// What rendered pages may take in memory, with those that slow readers still hold; 8 pages at least. More is
  /// answered with 503 until some of them are through.
  var heldBytesLimit = 256 << 20

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    let selection: PageSelection
    do throws(PageSelection.UnknownKind) { selection = try PageSelection(request) } catch {
      return .text(400, error.description + "\n")
    }
    let whole = daemon.metricsPage(.negotiate(accept: request.headerList("Accept")))
    guard PageSegment.heldBytes <= max(heldBytesLimit, 8 * whole.count) else {
      var busy = HTTPServerResponse.text(503, "Too many slow readers hold pages of the past.\n")
      busy.headers.append(HTTPServerField("Retry-After", "5"))
      return busy
    }
    let page = selection.isWhole ? whole : whole.keeping(selection.includes)
    let (segments, coding) = page.body(.negotiate(accepted: request.headerList("Accept-Encoding")))
    let tag = page.entityTag(coding)
    var headers = [HTTPServerField("ETag", tag), HTTPServerField("Vary", "Accept, Accept-Encoding")]
    if Self.has(request.headerList("If-None-Match"), tag) {
      // The server sends the length that the page has, and not the page.
      return HTTPServerResponse(status: 304, headers: headers, body: .segments(segments))
    }
    if coding != .identity { headers.append(HTTPServerField("Content-Encoding", coding.rawValue)) }
    return HTTPServerResponse(
      status: 200, contentType: page.contentType, headers: headers, body: .segments(segments))
  }

  /// Whether a list of entity tags has this one; a weak one is as good here. None of ours has a comma in it.
  private static func has(_ list: String?, _ tag: String) -> Bool {
    guard let list else { return false }
    return list.split(separator: ",").contains { element in
      var element = element.drop { $0 == " " || $0 == "\t" }
      while let last = element.last, last == " " || last == "\t" { element.removeLast() }
      if element.hasPrefix("W/") { element = element.dropFirst(2) }
      return element == tag || element == "*"
    }
  }
}

/// The families that a request asks for by `name[]` and `collect[]`; each may come several times, and both together
/// leave what both name.
struct PageSelection {
  struct UnknownKind: Error, CustomStringConvertible {
    var kind: String
    var description: String {
      "missing collector: \(kind) (there are: \((["farwatch"] + CollectorFamilies.kinds).joined(separator: ", ")))"
    }
  }

  private static let own = "farwatch"
  private static let foreign = "scrape"

  /// nil: all.
  private var names: Set<String>?
  private var kinds: Set<String>?
  private var families: Set<MetricFamily> = []

  init(_ request: HTTPServerRequest) throws(UnknownKind) {
    let names = request.queryValues("name[]").filter { !$0.isEmpty }
    if !names.isEmpty { self.names = Set(names) }
    let kinds = Set(request.queryValues("collect[]").filter { !$0.isEmpty })
    guard !kinds.isEmpty else { return }
    self.kinds = kinds
    for kind in kinds where kind != Self.own {
      guard let known = CollectorFamilies.ofKind(kind) else { throw UnknownKind(kind: kind) }
      families.formUnion(known)
    }
  }

  var isWhole: Bool { names == nil && kinds == nil }

  func includes(_ family: MetricFamily) -> Bool { isNamed(family) && isCollected(family) }

  /// By its own name, by that of one of its samples, or as OpenMetrics calls it.
  private func isNamed(_ family: MetricFamily) -> Bool {
    guard let names else { return true }
    if names.contains(family.name) { return true }
    switch family.kind {
    case .counter: return family.name.hasSuffix("_total") && names.contains(String(family.name.dropLast(6)))
    case .gauge, .untyped: return false
    case .histogram: return ["_bucket", "_sum", "_count"].contains { names.contains(family.name + $0) }
    case .summary: return ["_sum", "_count"].contains { names.contains(family.name + $0) }
    }
  }

  /// `farwatch` is what no collector brings; what a scraped page has under names of its own belongs to `scrape`.
  private func isCollected(_ family: MetricFamily) -> Bool {
    guard let kinds else { return true }
    if families.contains(family) { return true }
    guard !Self.collected.contains(family) else { return false }
    let isOwn = family.name.hasPrefix("farwatch_")
    return kinds.contains(isOwn ? Self.own : Self.foreign)
  }

  private static let collected = Set(CollectorFamilies.all)
}
