internal import Configuration
internal import Model
internal import Paging

/// What a replay is made of, read from the options and checked against the configuration.
struct ReplayPlan {
  struct QuietTime {
    var text: String
    var matchers: [LabelMatcher]
    var window: ReplayWindow
  }

  /// A Monday morning, when nothing else says when: time intervals and windows of the configuration hold in a replay.
  static let standardStart = Timestamp(year: 2026, month: 1, day: 5, hour: 10)
  static let longest: Duration = .seconds(366 * 86_400)
  /// What follows a loss: ends are told, groups are done.
  private static let aftermath: Duration = .seconds(30 * 60)

  let loaded: LoadedConfiguration
  let clock: ReplayClock
  let losses: Losses
  let recording: Recording
  let duration: Duration
  let silences: [QuietTime]
  let outages: [ReceiverOutage]
  let seed: UInt64
  /// Whether the collectors of the configuration run; recorded data alone is the whole world.
  let rehearses: Bool

  init(_ options: ReplayOptions) throws(ReplayFailure) {
    do throws(StartFailure) {
      loaded = try LoadedConfiguration(file: options.configuration)
    } catch { throw ReplayFailure(error.lines) }
    let from = try options.from.map { (text) throws(ReplayFailure) in try Self.time(text, "--from") }
    let all = try Losses.read(options, loaded.settings)
    guard !all.isEmpty || !options.files.isEmpty else {
      throw ReplayFailure("nothing to replay: give recorded files, --lose-region or --lose-check")
    }
    rehearses = !all.isEmpty
    var files = try RecordedFiles(options, from: from, madeAnew: loaded.namesMadeByRules)
    try files.read(standard: Self.standardStart)
    var recording = files.recording
    guard options.files.isEmpty || !recording.samples.isEmpty else {
      throw ReplayFailure("the files hold no sample")
    }
    let first = recording.samples.first.map { Timestamp(milliseconds: $0.time) }
    let start = from ?? first ?? Self.standardStart
    clock = ReplayClock(start: start)
    losses = Losses(all: all, clock: clock)
    silences = try Self.silences(options)
    outages = try ReceiverOutage.read(options, loaded.settings.notifying)
    seed = options.seed
    duration = try Self.length(options, start, all, recording)
    recording.cut(after: start + duration)
    self.recording = recording
    guard options.files.isEmpty || !recording.samples.isEmpty else {
      throw ReplayFailure("the files hold no sample of this time")
    }
  }

  private static func length(
    _ options: ReplayOptions, _ start: Timestamp, _ losses: [Loss], _ recording: Recording
  ) throws(ReplayFailure) -> Duration {
    let length: Duration
    if let until = options.until {
      guard options.to == nil else { throw ReplayFailure("--until and --to say the same: give one") }
      length = try parsedDuration(until, "--until")
    } else if let to = options.to {
      length = try time(to, "--to") - start
    } else {
      // With the last sample the world ends; a minute lets pages that wait for their group go.
      let recorded = recording.samples.last.map {
        Timestamp(milliseconds: $0.time) - start + .seconds(60)
      }
      let ends = losses.map { ($0.window.until ?? $0.window.from + aftermath) + aftermath }
      length = max(recorded ?? .zero, ends.max() ?? .zero)
    }
    guard length > .zero else { throw ReplayFailure("the replay ends before it begins") }
    guard length <= longest else {
      throw ReplayFailure("a replay of \(DurationText.format(length)) is too long: at most 366d")
    }
    return length
  }

  private static func time(_ text: String, _ option: String) throws(ReplayFailure) -> Timestamp {
    if let time = Timestamp(rfc3339: text) { return time }
    if let seconds = Double(text), seconds.isFinite, abs(seconds) < 1e11 {
      return Timestamp(seconds: seconds)
    }
    throw ReplayFailure(
      "\(option): expected a time such as 2026-01-02T15:04:05Z or Unix seconds, found \(quoted(text))")
  }

  private static func silences(_ options: ReplayOptions) throws(ReplayFailure) -> [QuietTime] {
    var silences: [QuietTime] = []
    for written in options.silences {
      let (text, window) = try ReplayWindow.split(
        written, option: "--silence", standard: ReplayWindow(from: .zero, until: nil))
      do throws(MatcherProblem) {
        let list = MatcherArguments.filters([text]).joined(separator: ",")
        silences.append(QuietTime(text: text, matchers: try MatcherText.parseList(list), window: window))
      } catch { throw ReplayFailure("--silence: \(quoted(text)): \(error)") }
    }
    return silences
  }
}

extension LoadedConfiguration {
  /// Series that the rules write themselves.
  fileprivate var namesMadeByRules: Set<String> {
    Set(groups.recorded.map(\.name)).union(["ALERTS", "ALERTS_FOR_STATE"])
  }
}
