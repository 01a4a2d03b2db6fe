internal import Collecting
internal import Configuration
internal import Model

/// What falls silent, and when.
struct Loss: Sendable, Equatable {
  enum Subject: Sendable, Equatable {
    case region(String)
    /// One check by its name, in one region or in all.
    case check(String, region: String?)
  }

  var subject: Subject
  var window: ReplayWindow

  var name: String {
    switch subject {
    case .region(let name): "region \(name)"
    case .check(let name, let region): region.map { "check \($0)/\(name)" } ?? "check \(name)"
    }
  }
}

/// Who answers at a moment of the replay.
struct Losses: Sendable {
  let all: [Loss]
  let clock: ReplayClock

  /// Whether the target of `collector` is lost, with its region or by itself.
  func isLost(_ collector: any CollectorSettings) -> Bool {
    let check = (collector as? any HealthCheckSettings)?.basics
    let region = check?.region ?? collector.description.labels["region"]
    return now.contains { loss in
      switch loss.subject {
      case .region(let name): name == region
      case .check(let name, let own): name == check?.name && own ?? region == region
      }
    }
  }

  var lostRegions: Set<String> {
    Set(now.compactMap { if case .region(let name) = $0.subject { name } else { nil } })
  }

  private var now: [Loss] {
    let elapsed = clock.elapsed
    return all.filter { $0.window.contains(elapsed) }
  }

  /// Reads the options; a region or check that the configuration does not have is wrong use.
  static func read(_ options: ReplayOptions, _ settings: Settings) throws(ReplayFailure) -> [Loss] {
    let after = try parsedDuration(options.after, "--after")
    let lasts = try parsedDuration(options.lasts, "--for")
    guard lasts > .zero else { throw ReplayFailure("--for: expected more than 0") }
    let standard = ReplayWindow(from: after, until: after + lasts)
    var losses: [Loss] = []
    for text in options.lostRegions {
      let (name, window) = try ReplayWindow.split(text, option: "--lose-region", standard: standard)
      guard settings.regions.contains(where: { $0.name == name }) else {
        throw ReplayFailure(
          "--lose-region: there is no region \(quoted(name)): "
            + settings.regions.map(\.name).joined(separator: ", "))
      }
      losses.append(Loss(subject: .region(name), window: window))
    }
    for text in options.lostChecks {
      let (path, window) = try ReplayWindow.split(text, option: "--lose-check", standard: standard)
      let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
      let isQualified = parts.count == 2 && settings.regions.contains { $0.name == parts[0] }
      let (name, region) = isQualified ? (parts[1], parts[0]) : (path, nil)
      guard
        settings.checks.contains(where: {
          $0.basics.name == name && region ?? $0.basics.region == $0.basics.region
        })
      else {
        let known = settings.checks.map { "\($0.basics.region)/\($0.basics.name)" }.joined(separator: ", ")
        throw ReplayFailure("--lose-check: there is no check \(quoted(path)): \(known)")
      }
      losses.append(Loss(subject: .check(name, region: region), window: window))
    }
    return losses
  }
}

/// A duration that an option was given.
func parsedDuration(_ text: String, _ option: String) throws(ReplayFailure) -> Duration {
  guard let duration = DurationText.parse(text) else {
    throw ReplayFailure("\(option): expected a duration such as 20m, found \(quoted(text))")
  }
  return duration
}
