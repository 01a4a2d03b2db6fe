internal import DNSClient
internal import Model

/// Decides from the answers of several servers where DNS sends people. Pure; remembers when that last changed.
///
/// Servers are asked at each interval, also before a remembered answer has run out: a public resolver is many caches,
/// and its next answer may well come from one that knows better.
struct SteeringState: Sendable {
  struct Pass: Sendable {
    let readings: [Reading]
    let verdict: Outcome.Verdict
    /// nil: not known.
    let regions: Set<String>?
  }

  private let settings: SteeringSettings
  private var last: Set<String>?
  private var changedAt: Timestamp?

  init(_ settings: SteeringSettings) { self.settings = settings }

  mutating func observe(_ answers: [DNSPanel.Answer], at now: Timestamp) -> Pass {
    var readings: [Reading] = []
    var weights: [String: Double] = [:]
    var sets: Set<Set<String>> = []
    var unknown = 0
    var problem: (reason: FailureReason, detail: String)?
    for answer in answers {
      let labels = answer.server.labels
      switch regions(of: answer.result) {
      case .success(let found):
        readings.append(Reading(SteeringSettings.resolverUp, true, labels: labels))
        let own = RegionShares(found.reduce(into: [:]) { $0[$1, default: 0] += 1 })
        for (region, share) in own.shares { weights[region, default: 0] += share }
        sets.insert(Set(own.shares.keys))
        unknown += found.count { $0 == RegionMap.unknown }
        for region in settings.map.regions + [RegionMap.unknown] {
          readings.append(
            Reading(
              SteeringSettings.region, own.shares[region] != nil, labels: labels.setting("region", to: region)
            ))
        }
        if let message = try? answer.result.get().message {
          if let time = message.timeToLive(for: settings.panel.question) {
            readings.append(Reading(SteeringSettings.timeToLive, Double(time), labels: labels))
          }
          if let bits = message.clientSubnetScope, answer.server.clientSubnet != nil {
            readings.append(Reading(SteeringSettings.subnetScope, Double(bits), labels: labels))
          }
        }
      case .failure(let failure):
        readings.append(Reading(SteeringSettings.resolverUp, false, labels: labels))
        if problem == nil { problem = (failure.reason, naming(answer.server.name, failure.detail)) }
      }
    }
    let answered = readings.count { $0.family == SteeringSettings.resolverUp && $0.value == 1 }
    let needed = settings.quorum ?? answers.count / 2 + 1
    guard answered >= needed else {
      let (reason, detail) = problem ?? (.configuration, "there are no servers to ask")
      readings.append(Reading(SteeringSettings.up, false))
      if let changedAt { readings.append(Reading(SteeringSettings.changed, changedAt.seconds)) }
      let counts = "(\(answered) of \(answers.count) servers answer, \(needed) must)"
      return Pass(readings: readings, verdict: .failure(reason, detail: "\(detail) \(counts)"), regions: nil)
    }
    let shares = RegionShares(weights)
    let view = shares.regions(above: settings.minimumShare)
    if let last, last != view { changedAt = now }
    last = view
    readings.append(Reading(SteeringSettings.up, true))
    readings += shares.readings(SteeringSettings.share, settings.map)
    readings.append(Reading(SteeringSettings.unknownAnswers, Double(unknown)))
    if answered > 1 { readings.append(Reading(SteeringSettings.disagreement, sets.count > 1)) }
    if let changedAt { readings.append(Reading(SteeringSettings.changed, changedAt.seconds)) }
    return Pass(readings: readings, verdict: .success, regions: view)
  }

  /// The region of every record that answers; at least one.
  private func regions(of result: Result<DNSReply, DNSFailure>) -> Result<[String], DNSFailure> {
    result.flatMap { reply in
      let message = reply.message
      let question = settings.panel.question
      guard message.code == .noError else {
        return .failure(DNSFailure(.status, "answers \(message.code.name)"))
      }
      let records = message.records(for: question)
      guard !records.isEmpty else {
        return .failure(DNSFailure(.body, "no \(question.type.name) of \(question.name)"))
      }
      // The name that an alias leads to may tell what its addresses do not.
      let alias = message.aliases(of: question.name).lazy.compactMap { settings.map.region(ofText: $0) }.first
      return .success(
        records.map { record in
          switch record.data {
          case .address(let address): settings.map.region(ofAddress: address) ?? alias ?? RegionMap.unknown
          default: alias ?? RegionMap.unknown
          }
        })
    }
  }
}
