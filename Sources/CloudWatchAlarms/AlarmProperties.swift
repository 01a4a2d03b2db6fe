internal import Model
internal import PromQL
internal import StrictYAML

/// Reads the properties of one alarm, whose functions are resolved, with all the checks that AWS makes.
struct AlarmProperties {
  /// Templates say everything, as AWS demands; elsewhere the mapping's own statistic and comparison stand in.
  enum Form { case plain, metricResource, compositeResource }

  let name: String
  let form: Form
  let file: String
  let context: AlarmContext
  let warnings: Problems

  /// Keys that tell an alarm from a group of alarms.
  static let telling: Set<String> = [
    "MetricName", "PromQL", "AlarmRule", "Metrics", "Threshold", "EvaluationPeriods", "Period",
    "ComparisonOperator", "AlarmActions", "Namespace", "Statistic", "Dimensions", "DatapointsToAlarm",
    "TreatMissingData", "AlarmName",
  ]

  /// nil when it cannot be read; the problems say why.
  func read(_ m: MappingReader) -> Alarm? {
    let alarmName = m.optional("AlarmName", .nonEmptyString.validated(Self.nameComplaint)) ?? name
    let description = m.optional("AlarmDescription", .string)
    let actionsEnabled = m.optional("ActionsEnabled", .looseBool) ?? true
    let alarmActions = actions("AlarmActions", m)
    let okActions = actions("OKActions", m)
    let insufficientDataActions = actions("InsufficientDataActions", m)
    m.allow("Tags")
    let isComposite = form == .compositeResource || form == .plain && m.has("AlarmRule")
    let kind: Alarm.Kind? =
      isComposite ? composite(m).map { .composite($0) } : metric(m, alarmName).map { .metric($0) }
    guard let kind else { return nil }
    return Alarm(
      name: alarmName, description: description, kind: kind, actionsEnabled: actionsEnabled,
      alarmActions: alarmActions, okActions: okActions, insufficientDataActions: insufficientDataActions,
      file: file, position: m.position)
  }

  private static func nameComplaint(_ name: String) -> String? {
    (1...255).contains(name.count) ? nil : "an alarm's name has 1 to 255 characters"
  }

  private func actions(_ key: String, _ m: MappingReader) -> [AlarmAction] {
    let action = YAMLType<AlarmAction>.converted(
      from: .nonEmptyString, placeholder: AlarmAction(written: "", topic: "")
    ) { text in
      switch context.topic(of: text) {
      case .success(let topic): return AlarmAction(written: text, topic: topic, arn: context.topicARNs[topic])
      case .failure(let complaint): throw complaint
      }
    }
    let list = m.optional(key, .oneOrMore(action)) ?? []
    if list.count > 5 { m.problem("at most 5 actions for each state, found \(list.count)", at: key) }
    return list
  }

  // MARK: Composite alarms

  private func composite(_ m: MappingReader) -> CompositeAlarm? {
    let written = m.required("AlarmRule", .located(.nonEmptyString))
    let suppressor = suppressor(m)
    guard !written.value.isEmpty else { return nil }
    do {
      var alarm = CompositeAlarm(
        rule: try AlarmRule(written.value), ruleText: written.value.trimmed, suppressor: suppressor)
      if let suppressor { alarm.places[suppressor.alarm] = m.node("ActionsSuppressor")?.position }
      for child in alarm.rule.children {
        alarm.places[child] = written.node.position(ofOffset: AlarmRule.offset(of: child, in: written.value))
      }
      return alarm
    } catch {
      m.problems.add("alarm rule: \(error.message)", at: written.node.position(ofOffset: error.offset))
      return nil
    }
  }

  private func suppressor(_ m: MappingReader) -> CompositeAlarm.Suppressor? {
    let seconds = YAMLType<Int>.looseInt(0...86_400)
    let alarm = m.optional("ActionsSuppressor", .nonEmptyString)
    let keys = ["ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"]
    let periods = keys.map { m.optional($0, seconds) }
    guard let alarm else {
      for key in keys where m.has(key) { m.problem("`\(key)` needs `ActionsSuppressor` beside it", at: key) }
      return nil
    }
    for key in keys where !m.has(key) { m.problem("`ActionsSuppressor` needs `\(key)` beside it", at: nil) }
    return CompositeAlarm.Suppressor(
      alarm: alarmName(of: alarm), wait: .seconds(periods[0] ?? 0), extensionPeriod: .seconds(periods[1] ?? 0)
    )
  }

  // MARK: Metric alarms

  private func metric(_ m: MappingReader, _ alarmName: String) -> MetricAlarm? {
    for key in ["Metrics", "ThresholdMetricId"] where m.has(key) {
      m.allow(key)
      m.problem(
        "metric math (`\(key)`) is not supported; write the expression as `PromQL:`, or leave the alarm out "
          + "with `alarm_skip`", at: key)
    }
    let dimensions = m.optional("Dimensions", .dimensions) ?? []
    let namespace = m.optional("Namespace", .nonEmptyString)
    let metricName = m.optional("MetricName", .nonEmptyString)
    let statistic = m.optional("Statistic", .nonEmptyString)
    let extended = m.optional("ExtendedStatistic", .nonEmptyString)
    m.atMostOne(of: "Statistic", "ExtendedStatistic")
    let unit = m.optional("Unit", .nonEmptyString)
    let lowSampleCount = m.optional(
      "EvaluateLowSampleCountPercentile", YAMLType<LowSampleCountTreatment>.choice())
    let measured = measured(m, alarmName, metricName, namespace, dimensions)
    let chosen = chosenStatistic(m, statistic, extended, measured?.entry)
    let isMath = m.has("Metrics")
    let period = isMath ? m.optional("Period", .period) ?? 60 : m.required("Period", .period)
    let evaluator = evaluator(m, period: period, measured?.entry)
    if let entry = measured?.entry, let chosen { judgeBounds(m, entry, chosen.statistic, evaluator) }
    if lowSampleCount != nil, extended == nil {
      m.problem(
        "`EvaluateLowSampleCountPercentile` needs an `ExtendedStatistic`",
        at: "EvaluateLowSampleCountPercentile")
    }
    guard let measured, let chosen else { return nil }
    return MetricAlarm(
      metricName: metricName, namespace: measured.entry?.namespace ?? namespace,
      dimensions: measured.dimensions,
      expressionText: measured.expression.description, expression: measured.expression,
      statistic: chosen.statistic, statisticText: chosen.text, periodSeconds: period, unit: unit,
      lowSampleCount: lowSampleCount ?? .evaluate, evaluator: evaluator)
  }

  private struct Measured {
    var expression: Expression
    var entry: MetricMapping.Entry?
    var dimensions: [Label]
  }

  private func measured(
    _ m: MappingReader, _ alarmName: String, _ metricName: String?, _ namespace: String?, _ written: [Label]
  ) -> Measured? {
    let promql = m.optional("PromQL", .located(.nonEmptyString))
    if let promql {
      for key in ["MetricName", "Namespace", "Dimensions"] where m.has(key) {
        m.problem("`PromQL` stands in place of a metric: `\(key)` cannot be beside it", at: key)
      }
      do {
        let expression = try MetricExpression.parse(promql.value)
        return Measured(expression: expression, entry: nil, dimensions: [])
      } catch {
        m.problems.add(error.message, at: promql.node.position(ofOffset: error.offset))
        return nil
      }
    }
    guard let metricName else {
      if !m.has("PromQL"), !m.has("MetricName"), !m.has("Metrics") {
        m.problem("alarm \"\(alarmName)\" needs `MetricName` (or `PromQL`)")
      }
      return nil
    }
    if namespace == nil, form == .metricResource { m.problem("missing key `Namespace`") }
    var dimensions = written
    let added = context.mapping.alarmDimensions[alarmName] ?? [:]
    for (name, value) in added.sorted(by: { $0.key < $1.key })
    where !written.contains(where: { $0.name == name }) {
      dimensions.append(Label(name, value))
    }
    do {
      let found = try context.mapping.find(
        metricName, namespace: namespace, dimensions: dimensions, regions: context.regions)
      return Measured(
        expression: try MetricExpression.parse(found.expression), entry: found.entry, dimensions: dimensions)
    } catch let fault as MetricMapping.Fault {
      m.problem(fault.message, at: fault.dimension == nil ? "MetricName" : "Dimensions")
    } catch {
      m.problem(
        "the mapping of \(metricName): \((error as? MetricExpression.Fault)?.message ?? "")", at: "MetricName"
      )
    }
    return nil
  }

  private func chosenStatistic(
    _ m: MappingReader, _ plain: String?, _ extended: String?, _ entry: MetricMapping.Entry?
  ) -> (statistic: Statistic, text: String)? {
    if let plain {
      if let statistic = Statistic.named[plain] { return (statistic, plain) }
      let near = suggestion(for: plain, among: Statistic.named.keys.sorted())
      m.problem(
        "unknown statistic `\(plain)`"
          + (near.map { "; did you mean `\($0)`?" }
            ?? "; expected one of \(Statistic.named.keys.sorted().joined(separator: ", "))"),
        at: "Statistic")
      return nil
    }
    if let extended {
      if let statistic = Statistic(extended: extended) { return (statistic, extended) }
      m.problem(
        "extended statistic \"\(extended)\" is not supported: percentiles such as p99 or p99.9 and trimmed means such "
          + "as tm90 are", at: "ExtendedStatistic")
      return nil
    }
    if form == .metricResource, !m.has("Statistic"), !m.has("ExtendedStatistic"), !m.has("PromQL") {
      m.problem("needs `Statistic` or `ExtendedStatistic`")
      return nil
    }
    let text = entry?.statistic ?? "Average"
    guard let statistic = Statistic.named[text] ?? Statistic(extended: text) else { return nil }
    return (statistic, text)
  }

  /// A threshold that every value breaches, or none: hardly meant, and certainly not where the comparison is ours.
  private func judgeBounds(
    _ m: MappingReader, _ entry: MetricMapping.Entry, _ statistic: Statistic, _ evaluator: AlarmEvaluator
  ) {
    guard statistic != .sum, statistic != .sampleCount, m.has("Threshold"),
      let certain = entry.certainty(evaluator.comparison, evaluator.threshold)
    else { return }
    let range = [
      entry.minimum.map { "at least \(NumberText.plain($0))" },
      entry.maximum.map { "at most \(NumberText.plain($0))" },
    ]
    .compactMap { $0 }.joined(separator: " and ")
    let message =
      "\(certain ? "every" : "no") value of \(entry.metric) (\(range)) is \(evaluator.comparison.words) the threshold "
      + "\(NumberText.plain(evaluator.threshold))"
    if m.has("ComparisonOperator") {
      if let node = m.node("Threshold") { warnings.add(message, at: node) }
    } else {
      m.problem("\(message); say which `ComparisonOperator` is meant", at: "Threshold")
    }
  }

  private func evaluator(_ m: MappingReader, period: Int, _ entry: MetricMapping.Entry?) -> AlarmEvaluator {
    let periods = m.required("EvaluationPeriods", .looseInt(1...1_000_000))
    let datapoints = m.optional("DatapointsToAlarm", .looseInt(1...1_000_000))
    let threshold = m.required("Threshold", .looseDouble)
    let comparison = m.optional("ComparisonOperator", YAMLType<ComparisonOperator>.choice())
    let missing = m.optional("TreatMissingData", YAMLType<MissingDataTreatment>.choice())
    // A number that could not be read says nothing about the other.
    let periodsAreKnown = m.node("EvaluationPeriods")?.scalarText.flatMap { Int($0) } == periods
    if let datapoints, datapoints > periods, periodsAreKnown {
      m.problem(
        "`DatapointsToAlarm` (\(datapoints)) is above `EvaluationPeriods` (\(periods)): it could never alarm",
        at: "DatapointsToAlarm")
    }
    let (total, overflow) = period.multipliedReportingOverflow(by: periods)
    let limit = period >= 3600 ? 7 * 86_400 : 86_400
    if overflow || total > limit {
      m.problem(
        "`Period` × `EvaluationPeriods` is above \(limit == 86_400 ? "a day" : "7 days, the limit for periods of an hour or more"), "
          + "found \(period) s × \(periods)", at: "EvaluationPeriods")
    }
    var compared = comparison
    if compared == nil, !m.has("ComparisonOperator") {
      if form == .plain, let standing = entry?.comparison {
        compared = standing
      } else if form == .metricResource || entry != nil || m.has("PromQL") {
        // The operator of a metric that is not known is nothing to ask for.
        m.problem("missing key `ComparisonOperator`")
      }
    }
    return AlarmEvaluator(
      evaluationPeriods: max(1, periods), datapointsToAlarm: datapoints ?? max(1, periods),
      threshold: threshold,
      comparison: compared ?? .greater, missingData: missing ?? .missing)
  }
}

extension YAMLType where Value == Bool {
  /// CloudFormation takes quoted truth too.
  fileprivate static var looseBool: YAMLType {
    .scalar("true or false", placeholder: true) { $0 == "true" ? true : $0 == "false" ? false : nil }
  }
}

extension YAMLType where Value == Double {
  /// CloudFormation takes quoted numbers too.
  fileprivate static var looseDouble: YAMLType {
    .scalar("a number", placeholder: 0) { text in
      guard !text.isEmpty, text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
      return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
  }
}

extension YAMLType where Value == Int {
  fileprivate static func looseInt(_ range: ClosedRange<Int>) -> YAMLType {
    YAMLType.scalar("a whole number", placeholder: range.lowerBound) { Int($0) }.validated {
      range.contains($0)
        ? nil : "must be between \(range.lowerBound) and \(range.upperBound), found \($0)"
    }
  }

  fileprivate static var period: YAMLType {
    YAMLType.scalar("a whole number of seconds", placeholder: 60) { Int($0) }.validated {
      [10, 20, 30].contains($0) || $0 > 0 && $0 % 60 == 0 && $0 <= 604_800
        ? nil : "a period is 10, 20 or 30 seconds or a multiple of 60, up to 7 days, found \($0)"
    }
  }
}

extension YAMLType where Value == [Label] {
  /// A list of Name and Value, as in CloudFormation, or a mapping.
  fileprivate static var dimensions: YAMLType {
    YAMLType(expected: "a list of `Name` and `Value`, or a mapping", placeholder: []) { node, problems in
      if case .mapping(let entries) = node.content {
        return entries.compactMap { entry in
          YAMLType<String>.nonEmptyString.read(entry.value, problems).map { Label(entry.key, $0) }
        }
      }
      let one = YAMLType<Label>.mapping {
        Label($0.required("Name", .nonEmptyString), $0.required("Value", .nonEmptyString))
      }
      let list = YAMLType<[(value: Label, node: YAMLNode)]>.list(.located(one)).read(node, problems)
      var seen: Set<String> = []
      for (label, node) in list ?? [] where !seen.insert(label.name).inserted {
        problems.add("dimension \"\(label.name)\" is given a second time", at: node)
      }
      if let count = list?.count, count > 30 {
        problems.add("at most 30 dimensions, found \(count)", at: node)
      }
      return list?.map(\.value)
    }
  }
}

extension AlarmContext.Complaint: CustomStringConvertible {
  var description: String { message }
}
