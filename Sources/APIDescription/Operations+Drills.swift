/// Rehearsals of a failover.
extension Operations {
  private static let answers: [Operation.Answer] = [
    .json(200, .named("Drill"), "How it stands now."),
    .json(400, .text, "What cannot be right, and why."), .json(404, .text, "No such drill runs."),
    .json(409, .text, "Not now: one runs already, or the phase was reached."),
    .json(415, .text, "The body is not JSON."),
    .json(500, .text, "It is in force, but not on the disk."), jsonBusy,
  ]

  private static func said(_ deed: String, _ summary: String, _ body: Schema) -> Operation {
    Operation(
      method: .post, path: "/api/drills\(deed)", summary: summary,
      body: .init(type: "application/json", schema: body), answers: answers)
  }

  static let drills: [Operation] = [
    Operation(
      method: .get, path: "/api/drills", summary: "Drills, the newest first, and when the next are due",
      answers: [
        .json(
          200,
          .object([
            "drills": .list(.named("Drill")),
            "calendar": .list(
              .object([
                "workload": .text, "kind": .choice("tabletop", "partial", "full"),
                "last": .unknown(or: .time), "due": .unknown(or: .time),
              ])),
          ]), "All that are kept."), jsonBusy,
      ]),
    said(
      "", "Starts a drill",
      .object([
        "workload": .text, "region": .text, "kind": .choice("tabletop", "partial", "full"),
        "expires?": .text, "by?": .text, "comment?": .text, "topic?": .text,
      ])),
    said(
      "/note", "Writes down what happened in a drill",
      .object(["text": .text, "workload?": .text, "by?": .text])),
    said(
      "/phase", "Says that a phase of a drill was reached",
      .object(["phase": .text, "workload?": .text, "by?": .text])),
    said(
      "/stop", "Ends a drill",
      .object([
        "outcome?": .choice("passed", "failed", "aborted"), "workload?": .text, "by?": .text,
        "comment?": .text,
      ])),
    Operation(
      method: .get, path: "/api/drills/report", summary: "A drill's signed report",
      parameters: [
        .query("id", .text, "Of this drill; else of the newest."),
        .query("format", .choice("json", "markdown", "html"), "JSON unless told."),
      ],
      answers: [
        Operation.Answer(
          status: 200, about: "What `farwatch drill verify` checks.",
          content: [
            ("application/json", .map(.anything)), ("text/markdown", .text), ("text/html", .text),
          ]), .json(400, .text, "What cannot be understood."), .json(404, .text, "There is no such drill."),
        .json(500, .text, "What it is made of cannot be read."), jsonBusy,
      ]),
  ]
}
