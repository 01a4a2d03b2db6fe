internal import Collecting
internal import Model
internal import Programs

/// How a backup tool is run: which program, as whom, with which variables. Secrets are in files or in the daemon's own
/// environment, are read anew for each collection, and reach the tool in its environment only: arguments can be seen
/// by everybody on the machine.
package struct ToolProgram: Hashable, Sendable {
  package enum Secret: Hashable, Sendable {
    case file(String)
    /// A variable of the daemon's own environment.
    case environment(String)
  }

  package var path: String
  /// Put before the program, as `sudo -n -u postgres`; each an argument of its own.
  package var runAs: [String] = []
  package var environment: [String: String] = [:]
  package var secrets: [String: Secret] = [:]
  /// Bytes of output beyond which the answer counts as cut.
  package var outputLimit = 32 << 20

  package init(path: String) { self.path = path }
}

/// One run of a tool.
struct ToolQuestion: Sendable, Hashable {
  /// A word for it, for people and as a label: `list`, `wal` …
  var name: String
  var arguments: [String]
}

/// Why a question has no answer: for the log, with what to do about it.
struct ToolTrouble: Error, Hashable, Sendable {
  var reason: FailureReason
  var detail: String

  init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

/// What a run brought.
struct ToolReply: Sendable {
  /// The exit status; 0 for success.
  var status: Int32
  var output: [UInt8]
  /// All of standard error that was kept.
  var errors: String

  init(status: Int32 = 0, output: [UInt8] = [], errors: String = "") {
    self.status = status
    self.output = output
    self.errors = errors
  }

  /// The reply, or why there is none: not started, killed, too slow, too long.
  static func from(
    _ result: ProgramResult, _ question: ToolQuestion, limit: Int
  ) -> Result<ToolReply, ToolTrouble> {
    switch result.ending {
    case .exited(let status):
      if result.output.count >= limit {
        return .failure(
          ToolTrouble(.limit, "`\(question.name)`: its output is longer than \(limit) bytes (output_limit)"))
      }
      return .success(
        ToolReply(
          status: status, output: result.output, errors: String(decoding: result.errorOutput, as: UTF8.self)))
    case .killed(let signal):
      return .failure(ToolTrouble(.other, "`\(question.name)`: the tool was killed by signal \(signal)"))
    case .timedOut:
      return .failure(
        ToolTrouble(.timeout, "`\(question.name)`: the tool did not end in time and was stopped"))
    case .notStarted(let reason, let detail):
      return .failure(ToolTrouble(reason, "`\(question.name)`: cannot be run: \(detail)"))
    case .cancelled: return .failure(ToolTrouble(.other, "`\(question.name)`: stopped"))
    }
  }

  /// The first lines of `errors` that are not empty, printable and short, without passwords in addresses.
  func complaint() -> String {
    let lines = errors.split(whereSeparator: \.isNewline).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }))
    }
    let text = lines.filter { $0.contains { $0 != " " } }.prefix(4).joined(separator: " / ")
    return String(Self.withoutPasswords(text).prefix(400))
  }

  /// `rest:https://user:word@host/` becomes `rest:https://***@host/`.
  static func withoutPasswords(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      guard let scheme = word.firstRange(of: "://"),
        let at = word[scheme.upperBound...].lastIndex(of: "@"),
        word[scheme.upperBound..<at].contains(":")
      else { return String(word) }
      return word[..<scheme.upperBound] + "***" + word[at...]
    }.joined(separator: " ")
  }
}

/// What a collection of one tool amounts to.
struct ToolFindings: Sendable {
  var snapshots: [ToolSnapshot]
  /// Readings of its own.
  var readings: [Reading] = []
  /// Backups of which the tool knows only that they are there.
  var unreadable = 0
  /// nil where the tool does not tell.
  var isRunning: Bool?
  /// Questions beside the list that have no answer; asked and answered ones have nil.
  var questions: [(name: String, trouble: ToolTrouble?)] = []

  /// What is wrong with the backups and no number can tell: for the log.
  var warning: ToolTrouble?

  init(_ snapshots: [ToolSnapshot]) { self.snapshots = snapshots }
}

/// What is asked of one tool in one collection, and what its answers mean: no clock, no programs, only values. It is
/// kept between collections, for what need not be asked twice.
protocol ToolDialogue: Sendable {
  /// A collection begins.
  mutating func begin(at now: Timestamp)
  /// What to ask next; nil when all is known that can be.
  mutating func next() -> ToolQuestion?
  mutating func heard(_ reply: Result<ToolReply, ToolTrouble>, to question: ToolQuestion)
  /// After the last question.
  mutating func findings(_ basics: BackupBasics, at now: Timestamp) -> Result<ToolFindings, ToolTrouble>
}
