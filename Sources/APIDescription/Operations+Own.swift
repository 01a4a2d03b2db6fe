/// Every operation, by what it is about.
enum Operations {
  static let busy = Operation.Answer.text(503, "The core is busy or Farwatch is starting; try again.")

  static let state: [Operation] = [
    Operation(
      method: .get, path: "/api/status",
      summary: "Regions, links, backups, alerts and receivers, at one moment",
      parameters: [
        .header(
          "If-None-Match", .text,
          "The `ETag` of an earlier answer, which stays while nothing but time passes.")
      ],
      answers: [
        .json(200, .named("Status"), "Everything that the status page shows."),
        .empty(304, "Nothing but time has passed."), busy,
      ]),
    Operation(
      method: .get, path: "/api/openapi.json", summary: "This document",
      answers: [.json(200, .map(.anything), "OpenAPI 3.1.")]),
    Operation(
      method: .get, path: "/metrics", summary: "Every series, for a Prometheus to scrape",
      answers: [
        Operation.Answer(
          status: 200, about: "The newest samples, in the format that `Accept` asks for.",
          content: [
            ("text/plain", .text), ("application/openmetrics-text", .text),
            ("application/vnd.google.protobuf", .text),
          ]), busy,
      ]),
  ]

  static let events: [Operation] = [
    Operation(
      method: .get, path: "/api/events", summary: "What the journal has",
      parameters: [
        .query("since", .text, "From this time on: RFC 3339, or a duration before now such as `1h`."),
        .query("until", .text, "Up to this time."),
        .query("after", .count, "Only entries behind this number."),
        .query("limit", .integer(1...10_000), "So many at most; 200 unless told."),
        .query("kind", .text, "Kinds of entries, with commas between them."),
        .query("alert", .text, "Of alerts of this name."),
        .query("label", .text, "NAME=VALUE, may be repeated."),
        .query("order", .choice("asc", "desc"), "The oldest or the newest first."),
        .query("verify", .choice("true", "false"), "Whether the chain of hashes holds, in place of entries."),
        .query("format", .choice("array", "lines"), "One document, or one object a line."),
      ],
      answers: [
        Operation.Answer(
          status: 200, about: "Entries, or the result of `verify`.",
          content: [
            ("application/json", .either(.list(.named("Event")), .named("Verification"))),
            ("application/x-ndjson", .anything),
          ]),
        .text(400, "What cannot be understood, and why."), .text(500, "The journal cannot be read."), busy,
      ]),
    Operation(
      method: .get, path: "/api/events/stream",
      summary: "What happens, while it happens, as server-sent events",
      parameters: [
        .query("after", .count, "Begin behind this entry of the journal."),
        .header(
          "Last-Event-ID", .pattern("^[0-9]{1,15}$"),
          "The same, as a browser sends it that comes back; goes before `after`."),
      ],
      answers: [
        .page(
          200, "text/event-stream",
          """
          `event: journal`: a new entry, as `/api/events` has it, with its number as id. `event: status`: the answer of \
          `/api/status` is another than before by more than newer measurements, at most once a second; data `{"takenAt", "journal"}`. `event: gap`: \
          entries from `first` to `last` were too many to be sent; null: the journal has begun anew. A comment comes \
          every 15 seconds.
          """),
        .text(400, "What cannot be understood, and why."),
        .text(503, "Too many follow already, or Farwatch is starting."),
      ]),
  ]

  private static let fault = Operation.Answer.json(400, .text, "Why not.")
  private static let changed = Schema.object(["changed": .list(.text), "unknown": .list(.text)])
  private static let proofs = Schema.list(.named("Proof"))

  static let acting: [Operation] = [
    Operation(
      method: .get, path: "/api/farwatch/alerts",
      summary: "Alerts as Alertmanager has them, and whom they were told",
      parameters: alertFilters,
      answers: [.json(200, .list(.named("DetailedAlert")), "Those that fire."), fault, jsonBusy]),
    Operation(
      method: .get, path: "/api/farwatch/acknowledgements", summary: "Alerts that somebody has taken on",
      answers: [.json(200, .list(.named("DetailedAlert")), "Those that fire still."), jsonBusy]),
    Operation(
      method: .post, path: "/api/farwatch/acknowledgements", summary: "Takes alerts on",
      body: .init(
        type: "application/json",
        schema: .object([
          "fingerprints": .list(.text, most: 10_000), "by": .text, "comment?": .text,
        ])),
      answers: [.json(200, changed, "Fingerprints of which something was found, and of which not.")]
        + refusals),
    Operation(
      method: .delete, path: "/api/farwatch/acknowledgements", summary: "Gives alerts back",
      parameters: [
        .required("by", .text, "Who does it."), .required("fingerprint", .list(.text), "Of the alerts."),
      ],
      answers: [.json(200, changed, "Fingerprints of which something was found, and of which not.")]
        + refusals),
    Operation(
      method: .get, path: "/api/farwatch/proofs", summary: "Whether pages reach each receiver",
      answers: [.json(200, proofs, "How each one's proofs stand."), jsonBusy]),
    Operation(
      method: .post, path: "/api/farwatch/proofs", summary: "Sends test pages now",
      parameters: [
        .query("receiver", .text, "Of this receiver only."), .query("topic", .text, "Of this topic only."),
      ],
      answers: [
        .json(202, proofs, "Those that were started or are under way."), fault,
        .json(404, .text, "Nobody is called so."), jsonBusy,
      ]),
    Operation(
      method: .post, path: "/-/reload", summary: "Reads the configuration again", answers: reloaded),
    Operation(method: .put, path: "/-/reload", summary: "Reads the configuration again", answers: reloaded),
  ]

  private static let reloaded: [Operation.Answer] = [
    .text(200, "It is in force."), .text(400, "It is refused, and why; nothing has changed."), busy,
  ]

  static let jsonBusy = Operation.Answer(
    status: 503, about: "The core is busy, or there is no room; try again.",
    content: [("application/json", .text), ("text/plain", .text)])

  /// Of what changes paging, in Alertmanager's shapes.
  static let refusals: [Operation.Answer] = [
    .json(400, .either(.text, .named("Fault")), "What cannot be understood, and why."),
    .json(404, .either(.text, .named("Fault")), "There is no such thing."),
    .json(415, .named("Fault"), "The body is not JSON."),
    .json(422, .named("Fault"), "Something is missing, or out of its limits."),
    .json(500, .text, "It is in force, but not on the disk."), jsonBusy,
  ]
}
