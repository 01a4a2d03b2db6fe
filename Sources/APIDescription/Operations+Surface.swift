/// Pages, health, and what others send.
extension Operations {
  private static func page(_ path: String, _ summary: String, _ type: String = "text/html") -> Operation {
    Operation(method: .get, path: path, summary: summary, answers: [.page(200, type, summary), busy])
  }

  private static func one(_ path: String, _ summary: String) -> Operation {
    Operation(
      method: .get, path: path, summary: summary, parameters: [.path("name", .text, "Its name.")],
      answers: [.page(200, "text/html", summary), .page(404, "text/html", "There is none."), busy])
  }

  private static let pinged: [Operation.Answer] = [
    .text(200, "OK"), .text(400, "The address cannot be read."), .text(404, "Nobody waits for this job."),
    .text(409, "More than one job is called so."), busy,
  ]

  private static let pings: [Operation] = [
    ("/ping/{id}", "The job has ended well"), ("/ping/{id}/{state}", "The job began, failed, or ended so"),
    ("/ping/{id}/{slug}/{state}", "The same, by ping key and slug"),
  ].flatMap { path, summary in
    let parameters = ["id", "slug", "state"].filter { path.contains("{\($0)}") }.map { name in
      Operation.Parameter.path(
        name, .text,
        ["id": "Of the job, or the ping key.", "slug": "Of the job."][name]
          ?? "`start`, `fail`, `log`, an exit code; behind a ping key the slug.")
    }
    return [Operation.Method.get, .post].map { method in
      Operation(
        method: method, path: path, summary: summary,
        parameters: parameters + [.query("rid", .text, "Which run: a UUID.")], answers: pinged)
    }
  }

  private static let acknowledging: [Operation] = [Operation.Method.get, .post].map { method in
    Operation(
      method: method, path: "/ack", summary: "The page behind the link in a page of an alert",
      answers: [
        .page(200, "text/html", "What it is about, or that it is done."),
        .page(400, "text/html", "The link is not whole."), .page(403, "text/html", "The link is not ours."),
        .page(404, "text/html", "None of it fires any more."),
        .page(410, "text/html", "The link is too old."),
        .page(500, "text/html", "It is in force, but not on the disk."),
        .page(503, "text/html", "Try again."),
      ])
  }

  static let surface: [Operation] =
    [
      page("/", "The status page"), page("/status.css", "Its style", "text/css"),
      page("/status.js", "Its script", "text/javascript"), page("/alerts", "The page of active alerts"),
      one("/regions/{name}", "The page of one region"), one("/links/{name}", "The page of one link"),
      one("/backups/{name}", "The page of one backup job"),
      Operation(
        method: .get, path: "/events", summary: "The page of the journal",
        parameters: [
          .query("kind", .text, "Of the entries."), .query("alert", .text, "Whom they are about."),
          .query("label", .text, "NAME=VALUE that they have, may be repeated."),
          .query("before", .text, "Only entries with lower numbers."),
        ],
        answers: [
          .page(200, "text/html", "The newest of them."), .page(400, "text/html", "What is wrong with it."),
          .page(500, "text/html", "The journal cannot be read."), .page(503, "text/html", "Try again."),
        ]),
      page("/silences", "The page of silences, with a form"),
      Operation(
        method: .post, path: "/silences", summary: "What the form of that page sends",
        answers: [
          .page(303, "text/html", "Done; the page says so."),
          .page(400, "text/html", "What is wrong with it."),
          .page(404, "text/html", "There is no such silence."),
          .page(500, "text/html", "It is in force, but not on the disk."),
          .page(503, "text/html", "Try again."),
        ]),
      Operation(
        method: .get, path: "/-/healthy", summary: "Whether the core turns",
        answers: [.text(200, "It does."), .text(503, "It has not for seconds.")]),
      Operation(
        method: .get, path: "/-/ready", summary: "Whether rules are judged",
        answers: [.text(200, "They are."), .text(503, "Not every collector has reported yet.")]),
      Operation(
        method: .get, path: "/runbooks/{alert}", summary: "What to do about a shipped alert",
        parameters: [.path("alert", .text, "Its name.")],
        answers: [.page(200, "text/html", "The runbook."), .text(404, "There is none.")]),
      Operation(
        method: .get, path: "/sns",
        summary: "Confirms or ends a subscription, behind the link in an SNS message",
        parameters: [
          .query("Action", .text, "`ConfirmSubscription` or `Unsubscribe`."),
          .query("TopicArn", .text, "Of the topic."),
          .query("Token", .text, "From the message."), .query("SubscriptionArn", .text, "From the message."),
        ],
        answers: [
          .page(200, "text/xml", "Done."), .page(400, "text/xml", "Something is wrong with it."),
          .page(403, "text/xml", "The token is another."), .page(404, "text/xml", "There is none."), busy,
        ]),
      Operation(
        method: .get, path: "/SimpleNotificationService-{name}.pem",
        summary: "The certificate that pages are signed with",
        parameters: [.path("name", .text, "As messages name it.")],
        answers: [.page(200, "application/x-pem-file", "The certificate."), .text(404, "There is none.")]),
      Operation(
        method: .post, path: "/api/v1/write", summary: "Remote write, 1.0 and 2.0",
        parameters: [
          .header("Content-Encoding", .choice("snappy"), "How the body is compressed.")
        ],
        body: .init(type: "application/x-protobuf", schema: .anything),
        answers: [
          .empty(204, "All was taken."), .text(400, "Some or all was refused, and why."),
          .text(404, "Remote write is off."), .text(415, "It is not snappy and protobuf."), busy,
        ]),
    ] + pings + acknowledging
}
