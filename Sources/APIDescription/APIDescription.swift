internal import AccessControl
internal import Model

/// Everything that Farwatch's listener serves, described once: the OpenAPI document is made of it, and a test holds it
/// against the endpoints.
package struct APIDescription: Sendable {
  /// What may be served; a daemon says what it does serve.
  package enum Part: Sendable, CaseIterable {
    /// Farwatch's own: state, events, proofs, acknowledgements, pages, health, metrics, what is sent to it.
    case own
    /// Alertmanager's API, version 2.
    case alertmanager
    /// Prometheus' query API and federation.
    case prometheus
  }

  private let operations: [Operation]

  package init(_ parts: [Part]) {
    operations = parts.flatMap { part in
      switch part {
      case .own:
        Operations.state + Operations.events + Operations.acting + Operations.drills
          + Operations.surface
      case .alertmanager: Operations.alertmanager
      case .prometheus: Operations.prometheus
      }
    }
  }

  /// Every operation, as `GET /api/status`; parts of paths that vary are in braces.
  package var index: [(method: String, path: String)] {
    operations.map { ($0.method.rawValue.uppercased(), $0.path) }
  }

  /// The document, version 3.1 of OpenAPI, as JSON.
  package func openAPI(version: String) -> [UInt8] {
    Array((document(version: version).compact + "\n").utf8)
  }

  /// The same document as YAML, for people to read.
  package func openAPIAsYAML(version: String) -> [UInt8] { Array(document(version: version).yaml.utf8) }

  private func document(version: String) -> OrderedJSON {
    .object([
      .init("openapi", .string("3.1.0")),
      .init(
        "info",
        .object([
          .init("title", .string("Farwatch")), .init("version", .string(version)),
          .init("summary", .string("Watches regions, replication links and backups, and pages.")),
          .init("description", .string(Self.about)),
          .init(
            "license", .object([.init("name", .string("MIT")), .init("identifier", .string("MIT"))])),
        ])),
      .init("paths", .object(paths)),
      .init(
        "components",
        .object([
          .init("schemas", .object(Schemas.all.map { .init($0.key, $0.value.json) })),
          .init("securitySchemes", Self.securitySchemes),
        ])),
    ])
  }

  private static let about = """
    Times are RFC 3339 in UTC, durations seconds. What is not known is null, never 0, with a reason beside it. Members \
    may be added; none is renamed. Every GET answers HEAD, too, except for Prometheus' paths, where it is 405 as there. \
    `x-farwatch-role` is the role that an operation needs: \
    without users and tokens everybody may read, and who comes from the same machine or a trusted address may change \
    things; with them, a login or a token decides.
    """

  private static let securitySchemes = OrderedJSON.object([
    .init("basic", .object([.init("type", .string("http")), .init("scheme", .string("basic"))])),
    .init("bearer", .object([.init("type", .string("http")), .init("scheme", .string("bearer"))])),
  ])

  private var paths: [OrderedJSON.Member] {
    var order: [String] = []
    var found: [String: [Operation]] = [:]
    for operation in operations {
      if found[operation.path] == nil { order.append(operation.path) }
      found[operation.path, default: []].append(operation)
    }
    return order.map { path in
      .init(
        path,
        .object((found[path] ?? []).map { .init($0.method.rawValue, Self.document(of: $0)) }))
    }
  }

  private static func document(of operation: Operation) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("operationId", .string(operation.name)), .init("summary", .string(operation.summary)),
    ]
    var answers = operation.answers
    switch Requirement.of(method: operation.method.rawValue.uppercased(), path: operation.path) {
    case .nothing: members.append(.init("security", .array([])))
    case .role(let role):
      members.append(.init("x-farwatch-role", .string(role.rawValue)))
      let ways: [OrderedJSON] = ["basic", "bearer"].map { .object([.init($0, .array([]))]) }
      members.append(.init("security", .array([.object([])] + ways)))
      answers += [
        .text(401, "A login is needed, or the one given is wrong."),
        .text(403, "The login's role is another."),
      ]
    }
    answers += [
      .text(400, "The request cannot be read."), .empty(414, "Its address is too long."),
      .text(429, "Too many requests."), .empty(431, "Its headers are too long."),
    ]
    if !operation.parameters.isEmpty {
      members.append(.init("parameters", .array(operation.parameters.map(document))))
    }
    if let body = operation.body {
      answers.append(.text(413, "The body is too long."))
      members.append(
        .init(
          "requestBody",
          .object([
            .init("required", .boolean(body.isRequired)),
            .init("content", .object([.init(body.type, .object([.init("schema", body.schema.json)]))])),
          ])))
    }
    members.append(.init("responses", .object(merged(answers))))
    return .object(members)
  }

  private static func document(of parameter: Operation.Parameter) -> OrderedJSON {
    .object([
      .init("name", .string(parameter.name)), .init("in", .string(parameter.place.rawValue)),
      .init("description", .string(parameter.about)), .init("required", .boolean(parameter.isRequired)),
      .init("schema", parameter.schema.json),
    ])
  }

  /// One response a status: what is said of it more than once has all its media types.
  private static func merged(_ answers: [Operation.Answer]) -> [OrderedJSON.Member] {
    var byStatus: [Int: Operation.Answer] = [:]
    for answer in answers {
      guard var known = byStatus[answer.status] else {
        byStatus[answer.status] = answer
        continue
      }
      let types = Set(known.content.map(\.type))
      known.content += answer.content.filter { !types.contains($0.type) }
      byStatus[answer.status] = known
    }
    return byStatus.values.sorted { $0.status < $1.status }.map { answer in
      var members: [OrderedJSON.Member] = [.init("description", .string(answer.about))]
      if !answer.content.isEmpty {
        members.append(
          .init(
            "content",
            .object(answer.content.map { .init($0.type, .object([.init("schema", $0.schema.json)])) })))
      }
      return .init("\(answer.status)", .object(members))
    }
  }
}
