internal import Alerting
internal import Model

extension Lint {
  static let shortHold = Lint(
    name: "short-for", finds: "`for` shorter than the group's interval", isDefault: true
  ) { rule, group, context in
    guard case .alerting(let timing) = rule.kind, timing.hold > .zero else { return [] }
    let interval = group.interval(context)
    guard timing.hold < interval else { return [] }
    return [
      "`for` of \(DurationText.format(timing.hold)) is shorter than the interval of \(DurationText.format(interval)): "
        + "Prometheus fires it at the second evaluation, after the whole interval"
    ]
  }
}
