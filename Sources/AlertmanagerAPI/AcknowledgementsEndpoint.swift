internal import Model
internal import Paging

/// `/api/farwatch/acknowledgements`: who has taken on what.
///
/// GET lists the acknowledged alerts. POST takes alerts on: `{"fingerprints": […], "by": "ada", "comment": "…"}`. DELETE
/// with `?fingerprint=…&by=…`, repeated, gives them back. Both answer with `{"changed": […], "unknown": […]}`, the
/// fingerprints of which something was and was not found; it is no error that some are over.
extension AlertmanagerAPI {
  private static let most = 10_000

  func acknowledgements(_ request: APIRequest) -> APIResponse {
    switch request.method {
    case "POST": acknowledge(request)
    case "DELETE": unacknowledge(request)
    default: listAcknowledged()
    }
  }

  private func listAcknowledged() -> APIResponse {
    guard let snapshot = paging.snapshot() else { return .busy }
    let now = now()
    let found = snapshot.alerts.filter { $0.acknowledgement != nil && $0.status == .firing }
      .sorted { byteOrder($0.fingerprint, $1.fingerprint) }
    return .json(200, .array(found.map { AlertJSON.document(of: $0, now: now, detailed: true) }))
  }

  private func acknowledge(_ request: APIRequest) -> APIResponse {
    if let refusal = request.refusingOtherMediaTypes { return refusal }
    var fingerprints: [String] = []
    var by = ""
    var comment = ""
    var cursor = JSONCursor(request.body)
    do throws(JSONCursor.Fault) {
      try cursor.object { (name, cursor) throws(JSONCursor.Fault) in
        switch name {
        case "by": by = try cursor.string()
        case "comment": comment = try cursor.string()
        case "fingerprints":
          try cursor.array { (_, cursor) throws(JSONCursor.Fault) in
            let fingerprint = try cursor.string()
            if fingerprints.count <= Self.most { fingerprints.append(fingerprint) }
          }
        default: try cursor.skip()
        }
      }
      try cursor.end()
    } catch {
      return .fault(400, 400, "parsing acknowledgement body failed, because \(error)")
    }
    if by.isEmpty { return .fault(422, 602, "by in body is required") }
    return change(fingerprints) { (paging, asked) throws(PagingRefusal) in
      try paging.acknowledge(.fingerprints(asked), by: by, comment: comment)
    }
  }

  private func unacknowledge(_ request: APIRequest) -> APIResponse {
    let by = request.values("by").last ?? ""
    if by.isEmpty { return .fault(422, 602, "by in query is required") }
    return change(request.values("fingerprint")) { (paging, asked) throws(PagingRefusal) in
      try paging.unacknowledge(.fingerprints(asked), by: by)
    }
  }

  private func change(
    _ fingerprints: [String],
    _ body: (any PagingFace, [String]) throws(PagingRefusal) -> [String]
  ) -> APIResponse {
    if fingerprints.isEmpty { return .fault(422, 612, "fingerprints should have at least 1 items") }
    if fingerprints.count > Self.most {
      return .fault(422, 611, "fingerprints should have at most \(Self.most) items")
    }
    let asked = fingerprints.map { $0.lowercased() }
    do throws(PagingRefusal) {
      let changed = try body(paging, asked)
      let known = Set(changed)
      return .json(
        200,
        .object([
          .init("changed", AlertJSON.strings(changed)),
          .init("unknown", AlertJSON.strings(asked.filter { !known.contains($0) })),
        ]))
    } catch { return .refusal(error) }
  }
}
