internal import Model

/// `targets`, `targets/metadata`, `metadata` and `alertmanagers`: collectors stand in the place of targets.
extension PrometheusAPI {
  func targets(_ form: Form) throws(APIFault) -> Answer {
    let state = form["state"].lowercased()
    let pool = form["scrapePool"]
    guard let targets = face.targets() else { throw .busy }
    let shown = targets.filter { state != "dropped" && (pool.isEmpty || pool == $0.kind) }
    return Answer { out in
      out.raw("{\"activeTargets\":")
      out.list(shown) { $0.target($1) }
      // Nothing is dropped: what is configured is watched.
      out.raw(",\"droppedTargets\":[],\"droppedTargetCounts\":{}}")
    }
  }

  func targetMetadata(_ form: Form) throws(APIFault) -> Answer {
    let limit = try metadataLimit(form, "limit")
    let metric = form["metric"]
    var matchers: [LabelMatcher] = []
    let selector = form["match_target"]
    if !selector.isEmpty {
      matchers = try Form.selector(selector)
    }
    guard let targets = face.targets() else { throw .busy }
    var found: [(target: TargetInformation, family: MetricFamily)] = []
    for target in targets where matchers.allSatisfy({ $0.matches(target.shownLabels) }) {
      for family in target.families where metric.isEmpty || family.name == metric {
        found.append((target, family))
      }
    }
    if let limit { found.removeSubrange(min(limit, found.count)...) }
    // As Prometheus says it when there are targets, and nothing of what was asked for.
    if found.isEmpty, !targets.isEmpty { throw APIFault(.notFound, "specified metadata not found") }
    return Answer { out in
      out.list(found) { out, row in
        out.raw("{\"target\":")
        out.labels(row.target.shownLabels)
        if metric.isEmpty {
          out.raw(",\"metric\":")
          out.string(row.family.name)
        }
        out.raw(",")
        out.metadata(row.family)
        out.raw("}")
      }
    }
  }

  func metadata(_ form: Form) throws(APIFault) -> Answer {
    let limit = try metadataLimit(form, "limit")
    let limitPerMetric = try metadataLimit(form, "limit_per_metric")
    let metric = form["metric"]
    var families = face.families().filter { metric.isEmpty || $0.name == metric }
      .sorted { byteOrder($0.name, $1.name) }
    if let limit, limit < families.count { families.removeSubrange(limit...) }
    return Answer { out in
      out.raw("{")
      for (place, family) in families.enumerated() {
        if place > 0 { out.raw(",") }
        out.string(family.name)
        out.raw(":[")
        if limitPerMetric != 0 {
          out.raw("{")
          out.metadata(family)
          out.raw("}")
        }
        out.raw("]")
      }
      out.raw("}")
    }
  }

  /// nil: no limit.
  private func metadataLimit(_ form: Form, _ name: String) throws(APIFault) -> Int? {
    let text = form[name]
    if text.isEmpty { return nil }
    guard let limit = GoNumber.integer(text) else { throw APIFault(.badData, "\(name) must be a number") }
    return limit < 0 ? nil : limit
  }

  /// None: Farwatch pages by itself.
  func alertmanagers(_ form: Form) throws(APIFault) -> Answer {
    Answer { $0.raw("{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}") }
  }
}

extension TargetInformation {
  /// With `job` and `instance`, which Prometheus' clients look for.
  fileprivate var shownLabels: Labels {
    Labels([Label("instance", name), Label("job", kind)]).merging(labels)
  }
}

extension JSONWriter {
  fileprivate mutating func metadata(_ family: MetricFamily) {
    raw("\"type\":")
    string(family.kind == .untyped ? "unknown" : family.kind.rawValue)
    raw(",\"help\":")
    string(family.help)
    raw(",\"unit\":\"\"")
  }

  fileprivate mutating func target(_ target: TargetInformation) {
    raw("{\"discoveredLabels\":{},\"labels\":")
    labels(target.shownLabels)
    raw(",\"scrapePool\":")
    string(target.kind)
    // Whatever it asks is no page of metrics, and its address may hold a secret.
    raw(",\"scrapeUrl\":\"\",\"globalUrl\":\"\",\"lastError\":")
    string(target.problem)
    raw(",\"lastScrape\":")
    moment(target.lastRun)
    raw(",\"lastScrapeDuration\":")
    number(target.took.inSeconds)
    raw(",\"health\":")
    string(target.health.rawValue)
    raw(",\"scrapeInterval\":")
    string(DurationText.format(target.interval))
    raw(",\"scrapeTimeout\":")
    string(DurationText.format(target.timeout))
    raw("}")
  }
}
