/// Alertmanager's API, version 2.
extension Operations {
  static let alertFilters: [Operation.Parameter] = [
    .query(
      "filter", .list(.text, most: 128), "Matchers such as `region=\"japan\"`, all of which must hold."),
    .query("receiver", .text, "A regular expression that a topic's name matches."),
    .query("active", .boolean, "Those that are told; true unless told."),
    .query("silenced", .boolean, "Those that are silenced; true unless told."),
    .query("inhibited", .boolean, "Those that are inhibited; true unless told."),
    .query("muted", .boolean, "Those that are muted; true unless told."),
  ]
  private static let badFilter = Operation.Answer.json(400, .text, "A filter cannot be read.")

  static let alertmanager: [Operation] = [
    Operation(
      method: .get, path: "/api/v2/status", summary: "Version and configuration",
      answers: [.json(200, .named("AlertmanagerStatus"), "As an Alertmanager without a cluster.")]),
    Operation(
      method: .get, path: "/api/v2/receivers", summary: "Topics",
      answers: [.json(200, .list(.object(["name": .text])), "In the configuration's order.")]),
    Operation(
      method: .get, path: "/api/v2/alerts", summary: "Alerts that fire", parameters: alertFilters,
      answers: [
        .json(200, .list(.named("Alert")), "In the order of their fingerprints."), badFilter, jsonBusy,
      ]),
    Operation(
      method: .post, path: "/api/v2/alerts", summary: "Takes alerts of other programs",
      body: .init(type: "application/json", schema: .list(.named("PostedAlert"))),
      answers: [.empty(200, "All were taken.")] + refusals),
    Operation(
      method: .get, path: "/api/v2/alerts/groups", summary: "Alerts as they are told together",
      parameters: alertFilters,
      answers: [.json(200, .list(.named("AlertGroup")), "By labels, then by topic."), badFilter, jsonBusy]),
    Operation(
      method: .get, path: "/api/v2/silences", summary: "Silences",
      parameters: [
        .query("filter", .list(.text, most: 128), "Matchers that a silence has."),
        .query("creator", .list(.text), "Who made it."),
      ],
      answers: [.json(200, .list(.named("Silence")), "Those in force first."), badFilter, jsonBusy]),
    Operation(
      method: .post, path: "/api/v2/silences", summary: "Sets a silence, or changes one",
      body: .init(type: "application/json", schema: .named("PostedSilence")),
      answers: [.json(200, .object(["silenceID": .text]), "It is in force.")] + refusals),
    Operation(
      method: .get, path: "/api/v2/silence/{id}", summary: "One silence", parameters: [silenceID],
      answers: [
        .json(200, .named("Silence"), "It."), .empty(404, "There is none."),
        .json(422, .named("Fault"), "That is no UUID."), jsonBusy,
      ]),
    Operation(
      method: .delete, path: "/api/v2/silence/{id}", summary: "Ends a silence now", parameters: [silenceID],
      answers: [.empty(200, "It is over.")] + refusals),
  ]

  private static let silenceID = Operation.Parameter.path("id", .text, "A UUID.")
}
