internal import Model

/// What was asked, without the socket.
package struct APIRequest: Sendable {
  /// As sent.
  package var method: String
  package var path: String
  /// ``path`` between its slashes, each part decoded after the split.
  package var pathSegments: [String]
  /// Decoded, in order; names may repeat.
  package var query: [(name: String, value: String)]
  package var contentType: String?
  package var body: [UInt8]

  package init(
    method: String, path: String, pathSegments: [String], query: [(name: String, value: String)] = [],
    contentType: String? = nil, body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.pathSegments = pathSegments
    self.query = query
    self.contentType = contentType
    self.body = body
  }

  var isRead: Bool { method == "GET" || method == "HEAD" }

  func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

  /// A switch of the query as Alertmanager reads it: the last one counts, any word that does not mean yes means no, and
  /// an empty one is as good as none.
  func isOn(_ name: String, byDefault: Bool) -> Bool {
    guard let value = values(name).last, !value.isEmpty else { return byDefault }
    return ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"]
      .contains(value.lowercased())
  }

  /// The answer to a method that is not among `methods`; nil when it is. Where there is GET, HEAD is answered too.
  func allowing(_ methods: [String]) -> APIResponse? {
    if methods.contains(method) || (method == "HEAD" && methods.contains("GET")) { return nil }
    let list = methods.joined(separator: ",")
    var response = APIResponse.fault(405, 405, "method \(method) is not allowed, but [\(list)] are")
    response.headers = [("Allow", list)]
    return response
  }

  /// A browser sends no `application/json` to another site without asking first, so this also keeps foreign pages out.
  var refusingOtherMediaTypes: APIResponse? {
    let type = contentType ?? ""
    let bare = type.prefix { $0 != ";" && $0 != " " }.lowercased()
    if bare == "application/json" { return nil }
    return .fault(415, 415, "unsupported media type \(quoted(type)), only [application/json] are allowed")
  }
}

/// What is answered: JSON, or nothing.
package struct APIResponse: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)] = []
  /// nil: an answer without a body.
  package var json: String?

  static let empty = APIResponse(status: 200)
  static let busy = failure(503, "the core is busy and did not answer in time; try again")

  static func json(_ status: Int, _ document: OrderedJSON) -> Self {
    Self(status: status, json: document.compact + "\n")
  }

  /// The shape that Alertmanager's handlers give to what went wrong.
  package static func failure(_ status: Int, _ message: String) -> Self { json(status, .string(message)) }

  /// The shape that the frame around them gives to a request that does not fit the interface.
  static func fault(_ status: Int, _ code: Int, _ message: String) -> Self {
    json(status, .object([.init("code", .integer(code)), .init("message", .string(message))]))
  }

  static func refusal(_ refusal: PagingRefusal) -> Self {
    switch refusal {
    case .busy: busy
    case .notDurable:
      failure(500, "it is in force, but the state database cannot be written: a restart now would forget it")
    case .notFound(let what): failure(404, what)
    case .invalid(let why): failure(400, why)
    case .full(let why): failure(503, why)
    }
  }
}
