/// Prometheus' query API, and federation.
extension Operations {
  private static let answers: [Operation.Answer] = [
    .json(200, .named("PrometheusAnswer"), "Data, with warnings and infos where there are some."),
    .json(400, .named("PrometheusFault"), "`bad_data`: what cannot be understood."),
    .json(404, .named("PrometheusFault"), "`not_found`."),
    .json(422, .named("PrometheusFault"), "`execution`: the query fails on this data."),
    Operation.Answer(
      status: 503, about: "`timeout`, or too many queries at once.",
      content: [("application/json", .named("PrometheusFault")), ("text/plain", .text)]),
  ]
  private static let start = Operation.Parameter.query("start", .text, "RFC 3339 or Unix seconds.")
  private static let end = Operation.Parameter.query("end", .text, "RFC 3339 or Unix seconds.")
  private static let limit = Operation.Parameter.query("limit", .text, "So many at most; 0: all.")
  private static let timeout = Operation.Parameter.query("timeout", .text, "How long the query may take.")
  private static let expression = Operation.Parameter.required("query", .text, "PromQL.")
  private static let matches = Operation.Parameter.query(
    "match[]", .list(.text, most: 128), "Selectors of series.")

  private static func get(
    _ path: String, _ summary: String, _ parameters: [Operation.Parameter] = []
  ) -> Operation {
    Operation(
      method: .get, path: "/api/v1/" + path, summary: summary, parameters: parameters, answers: answers)
  }

  /// Prometheus takes the same by POST, as a form, because questions may be long.
  private static func ask(
    _ path: String, _ summary: String, _ parameters: [Operation.Parameter]
  ) -> [Operation] {
    let form = Operation.Body(
      type: "application/x-www-form-urlencoded", schema: .map(.text), isRequired: false)
    return [
      get(path, summary, parameters),
      Operation(method: .post, path: "/api/v1/" + path, summary: summary, body: form, answers: answers),
    ]
  }

  static let prometheus: [Operation] =
    ask(
      "query", "A query at one moment",
      [expression, .query("time", .text, "The moment; now unless told."), timeout, limit])
    + ask(
      "query_range", "A query over a range",
      [
        expression, .required("start", .text, "RFC 3339 or Unix seconds."),
        .required("end", .text, "RFC 3339 or Unix seconds."),
        .required("step", .text, "A duration, or seconds."),
        timeout, limit,
      ])
    + ask("query_exemplars", "Exemplars: there are none", [expression, start, end])
    + ask("series", "Series that match", [matches, start, end, limit])
    + ask("labels", "Names of labels", [matches, start, end, limit])
    + ask("format_query", "PromQL, written neatly", [expression])
    + ask("parse_query", "PromQL, as a tree", [expression])
    + [
      get(
        "label/{name}/values", "Values of a label",
        [.path("name", .text, "Of the label."), matches, start, end, limit]),
      get(
        "rules", "Rules and their alerts",
        [
          .query("type", .choice("alert", "record"), "Of this type only."),
          .query("rule_name[]", .list(.text), "Of these names."),
          .query("rule_group[]", .list(.text), "Of these groups."),
          .query("file[]", .list(.text), "Of these files."), matches,
          .query("exclude_alerts", .text, "Without their alerts."),
        ]),
      get("alerts", "Alerts of rules"),
      get("targets", "Collectors, as targets"), get("targets/metadata", "What targets say of their metrics"),
      get("metadata", "Types and helps of metrics"),
      get("alertmanagers", "Where alerts are sent: nowhere else"),
      get("status/config", "The configuration, without secrets"),
      get("status/flags", "Flags: there are none"),
      get("status/runtimeinfo", "The process"), get("status/buildinfo", "The version"),
      get("status/tsdb", "The store"), get("status/walreplay", "That nothing is replayed"),
      Operation(
        method: .get, path: "/federate", summary: "The newest samples of chosen series, for a Prometheus",
        parameters: [matches],
        answers: [
          Operation.Answer(
            status: 200, about: "In the format that `Accept` asks for.",
            content: [
              ("text/plain", .text), ("application/openmetrics-text", .text),
              ("application/vnd.google.protobuf", .text),
            ]), .text(400, "A selector cannot be read."),
          .text(503, "Too many queries at once; try again."),
        ]),
    ]
}
