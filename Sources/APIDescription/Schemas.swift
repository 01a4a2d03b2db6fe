/// Schemas with a name.
enum Schemas {
  static let all: KeyValuePairs<String, Schema> = [
    "Status": status, "Judgement": judgement, "Failover": failover,
    "Readiness": readiness, "Region": region, "Traffic": traffic,
    "Part": part, "Check": check, "Link": link, "Backup": backup, "ActiveAlert": activeAlert,
    "Paging": paging, "Telling": telling,
    "HeldSilence": heldSilence,
    "Alarm": alarm,
    "Receiver": receiver, "Heartbeat": heartbeat, "Store": store, "Event": event,
    "Verification": verification,
    "Proof": proof, "Alert": alert, "DetailedAlert": detailedAlert, "AlertGroup": alertGroup,
    "PostedAlert": postedAlert, "Silence": silence, "PostedSilence": postedSilence, "Matcher": matcher,
    "AlertmanagerStatus": alertmanagerStatus, "Fault": fault, "PrometheusAnswer": prometheusAnswer,
    "PrometheusFault": prometheusFault,
  ]

  private static let verdict = Schema.choice("good", "bad", "degraded", "unknown")
  private static let maybeText = Schema.unknown(or: .text)
  private static let maybeTime = Schema.unknown(or: .time)
  private static let maybeSeconds = Schema.unknown(or: .seconds)
  private static let maybeNumber = Schema.unknown(or: .number)

  // MARK: The status

  private static let status = Schema.object([
    "takenAt": .time, "startedAt": .time, "vantage": .text, "version": .text, "ready": .boolean,
    "reloadProblem": maybeText, "judgement": .named("Judgement"), "failovers": .list(.named("Failover")),
    "readiness": .list(.named("Readiness")), "regions": .list(.named("Region")),
    "links": .list(.named("Link")), "backups": .list(.named("Backup")),
    "alerts": .list(.named("ActiveAlert")),
    "alertCounts": .object(["all": .count, "firing": .count, "heldBack": .count, "pending": .count]),
    "silences": .list(.named("HeldSilence")), "alarms": .list(.named("Alarm")),
    "receivers": .list(.named("Receiver")), "heartbeats": .list(.named("Heartbeat")),
    "store": .unknown(or: .named("Store")), "problems": .list(.text),
    "offline": .unknown(or: .boolean), "stuckCollectors": .count, "overruns": .count,
  ])
  private static let judgement = Schema.object([
    "verdict": verdict, "text": .text,
    "findings": .list(.object(["verdict": verdict, "text": .text])), "failover": maybeText,
  ])
  private static let failover = Schema.object([
    "workload": .text, "from": .text, "to": maybeText, "drill": maybeText, "startedAt": .time,
    "over": .boolean, "verdict": verdict, "recoverySeconds": maybeSeconds,
    "recoveryObjectiveSeconds": maybeSeconds, "lostSeconds": maybeSeconds,
    "lostObjectiveSeconds": maybeSeconds, "steps": .list(.object(["step": .text, "at": .time])),
  ])
  private static let readiness = Schema.object([
    "workload": maybeText, "region": .text, "exposureSeconds": maybeSeconds, "sentence": .text,
    "verdict": verdict, "call": .text, "worst": maybeText, "takesSeconds": maybeSeconds,
    "takesFrom": maybeText, "lastProven": maybeTime, "reasons": .list(.text), "reason": maybeText,
  ])
  private static let region = Schema.object([
    "name": .text, "role": .text, "verdict": verdict, "sharePercent": maybeNumber, "servedShare": maybeNumber,
    "traffic": .unknown(or: .named("Traffic")),
    "zones": .list(.named("Part")), "tiers": .list(.named("Part")), "checks": .list(.named("Check")),
  ])
  private static let traffic = Schema.object([
    "requestsPerSecond": maybeNumber, "errorsPerSecond": maybeNumber, "reason": maybeText,
  ])
  private static let part = Schema.object([
    "zone": maybeText, "name": .text, "verdict": verdict, "healthyShare": maybeNumber,
  ])
  private static let check = Schema.object([
    "name": .text, "zone": maybeText, "tier": maybeText, "verdict": verdict, "since": maybeTime,
    "consecutiveFailures": .count, "calculatedFrom": maybeText, "latencySeconds": maybeSeconds,
    "lastProbe": maybeTime, "reason": maybeText,
  ])
  private static let link = Schema.object([
    "name": .text, "engine": .text, "source": .text, "target": .text, "verdict": verdict,
    "recoveryPoint": maybeTime, "exposureSeconds": maybeSeconds, "objectiveSeconds": .seconds,
    "measured": .boolean, "reason": maybeText,
  ])
  private static let backup = Schema.object([
    "job": .text, "region": .text, "verdict": verdict, "newestGood": maybeTime, "ageSeconds": maybeSeconds,
    "objectiveSeconds": .seconds, "sizeBytes": maybeNumber, "measured": .boolean, "retained": maybeNumber,
    "unverified": maybeNumber, "filesFoundGood": maybeNumber, "filesFoundBad": maybeNumber,
    "restoreTested": maybeTime, "reason": maybeText,
  ])
  private static let activeAlert = Schema.object([
    "name": .text, "state": .text, "since": .time, "labels": .labels, "summary": .text, "expression": .text,
    "held": maybeText, "paging": .unknown(or: .named("Paging")),
  ])
  private static let paging = Schema.object([
    "silencedBy": .list(.text), "inhibitedBy": .list(.text), "mutedBy": .list(.text),
    "acknowledgedBy": maybeText, "acknowledgedAt": maybeTime, "topics": .list(.text), "told": .list(.text),
    "toldAt": maybeTime, "tellings": .list(.named("Telling")),
  ])
  private static let telling = Schema.object([
    "topic": .text, "state": .choice("told", "waiting", "given_up", "nobody", "unknown"), "at": maybeTime,
    "reason": maybeText, "words": .text,
  ])
  private static let heldSilence = Schema.object([
    "id": maybeText, "matchers": .text, "createdBy": .text, "comment": .text, "startsAt": .time,
    "endsAt": .time, "alerts": .count,
  ])
  private static let alarm = Schema.object([
    "name": .text, "state": .choice("OK", "ALARM", "INSUFFICIENT_DATA"), "verdict": verdict, "since": .time,
    "stateReason": .text, "suppressed": .boolean, "description": maybeText, "watches": .text,
    "actionsEnabled": .boolean, "topics": .list(.text), "toldAt": maybeTime, "reason": maybeText,
  ])
  private static let receiver = Schema.object([
    "topic": .text, "name": .text, "endpoint": .text, "confirmed": .boolean, "unsubscribed": .boolean,
    "verdict": verdict,
    "waiting": .count, "oldestWaitingSeconds": maybeSeconds, "givenUp": .count, "fallback": maybeText,
    "fallenBack": .boolean, "lastSuccess": maybeTime, "consecutiveFailures": .count, "lastProven": maybeTime,
    "failedProofs": .count, "reason": maybeText,
  ])
  private static let heartbeat = Schema.object([
    "name": .text, "intervalSeconds": .seconds, "verdict": verdict, "lastSuccess": maybeTime,
    "withheld": .list(.text),
    "reason": maybeText,
  ])
  private static let store = Schema.object([
    "series": .count, "seriesLimit": .count, "retentionSeconds": .seconds, "diskBytes": .count,
    "failing": .boolean, "reason": maybeText,
  ])

  // MARK: What happened

  private static let event = Schema.object([
    "sequence": .count, "at": .time, "kind": .text, "identity?": .text, "labels?": .labels,
    "startsAt?": .time,
    "detail?": .map(.text),
  ])
  private static let verification = Schema.object([
    "holds": .unknown(or: .boolean), "first?": .unknown(or: .count), "last?": .count, "entries?": .count,
    "hash?": .text, "fault?": .text, "sequence?": .unknown(or: .count), "detail?": .text,
  ])
  private static let proof = Schema.object([
    "name": .text, "topic": .text, "receiver": .text, "endpoint": .text, "subscription": .text,
    "lastProven?": .time, "lastAttempt?": .time, "consecutiveFailures": .count, "nextAt?": .time,
    "run?": .object([
      "id": .text, "state": .text, "startedAt": .time, "endedAt?": .time, "milliseconds?": .count,
      "attempts": .count, "reason?": .text, "detail": .text,
    ]),
  ])

  // MARK: Alertmanager's

  private static let alert = Schema.object([
    "annotations": .labels, "endsAt": .time, "fingerprint": .text,
    "receivers": .list(.object(["name": .text])),
    "startsAt": .time,
    "status": .object([
      "inhibitedBy": .list(.text), "mutedBy": .list(.text), "silencedBy": .list(.text),
      "state": .choice("active", "suppressed", "unprocessed"),
    ]), "updatedAt": .time, "generatorURL?": .text, "labels": .labels,
  ])
  private static let detailedAlert = Schema.object([
    "labels": .labels, "annotations": .labels, "fingerprint": .text, "startsAt": .time, "endsAt": .time,
    "updatedAt": .time, "source": .text, "toldReceivers": .list(.text),
    "tellings": .list(.named("Telling")),
    "acknowledgement": .unknown(or: .object(["by": .text, "comment": .text, "at": .time])),
    "maintenanceWindows?": .list(.text),
  ])
  private static let alertGroup = Schema.object([
    "alerts": .list(.named("Alert")), "labels": .labels, "receiver": .object(["name": .text]),
  ])
  private static let postedAlert = Schema.object([
    "labels": .labels, "annotations?": .labels, "startsAt?": .time, "endsAt?": .time, "generatorURL?": .text,
  ])
  private static let matcher = Schema.object([
    "name": .text, "value": .text, "isRegex": .boolean, "isEqual?": .boolean,
  ])
  private static let silence = Schema.object([
    "id": .text, "status": .object(["state": .choice("expired", "active", "pending")]), "updatedAt": .time,
    "comment": .text, "createdBy": .text, "startsAt": .time, "endsAt": .time,
    "matchers": .list(.named("Matcher")), "annotations?": .labels,
  ])
  private static let postedSilence = Schema.object([
    "id?": .text, "comment": .text, "createdBy": .text, "startsAt": .time, "endsAt": .time,
    "matchers": .list(.named("Matcher"), most: 128), "annotations?": .labels,
  ])
  private static let alertmanagerStatus = Schema.object([
    "cluster": .object(["status": .text, "name?": .text, "peers?": .list(.anything)]),
    "config": .object(["original": .text]), "uptime": .time, "versionInfo": .map(.text),
  ])
  private static let fault = Schema.object(["code": .integer(0...100_000), "message": .text])

  // MARK: Prometheus'

  private static let prometheusAnswer = Schema.object([
    "status": .choice("success"), "data": .anything, "warnings?": .list(.text), "infos?": .list(.text),
  ])
  private static let prometheusFault = Schema.object([
    "status": .choice("error"), "errorType": .text, "error": .text,
  ])
}
